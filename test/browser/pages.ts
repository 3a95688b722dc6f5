/** Pages of the console for tests: opened as a reader would, watched for faults, and looked at. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';

/** How a page is opened. */
export interface Opening {
  /** Of the address, set after the page was loaded: the address itself has the token. */
  readonly hash?: string;
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** The page's clock stands still but for what `page.clock` moves it. */
  readonly withClock?: boolean;
}

/** The pages of a test. */
export interface Pages {
  /** A page whose reader is in Berlin. */
  open(address: string, opening?: Opening): Promise<Page>;
  /** Script errors, what the page's own policy has blocked, and requests to other hosts. */
  readonly faults: unknown[];
  /** Closes them all. */
  close(): Promise<void>;
}

/** For a busy machine; less than a test may take. */
const WAIT_MS = 45_000;

/** Pages in `browser`. */
export function pagesIn(browser: Browser): Pages {
  const faults: unknown[] = [];
  const opened: Page[] = [];
  return {
    faults,
    async open(address, { hash = '', width = 1600, colorScheme = 'light', withClock = false } = {}) {
      const context = await browser.newContext({
        locale: 'en-US',
        timezoneId: 'Europe/Berlin',
        viewport: { width, height: 900 },
        colorScheme,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(WAIT_MS);
      if (withClock) await page.clock.install();
      opened.push(page);
      page.on('pageerror', (error) => faults.push(error));
      page.on('console', (message) => {
        if (/Content.Security.Policy|Trusted/i.test(message.text())) faults.push(message.text());
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(address.split('#')[0] ?? '')) faults.push(`asked another host: ${request.url()}`);
      });
      await page.goto(address);
      if (hash !== '') await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      return page;
    },
    async close() {
      for (const page of opened.splice(0)) await page.context().close();
    },
  };
}

/** A titled part of the page. */
export const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** Opens all that can be opened. */
export const opened = (page: Page): Promise<unknown> =>
  page.evaluate('for (const one of document.querySelectorAll("main details")) one.open = true');

/** What axe finds, and a page that is wider than its window. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Half a megabyte: once for a page.
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(axe.source);
  const told = (await page.evaluate(
    'axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html)))',
  )) as readonly string[];
  const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  return isTooWide === true ? [...told, 'the page is wider than its window'] : told;
}
