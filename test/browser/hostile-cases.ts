/**
 * Every view with hostile texts in every place that MX, callers, banks or operators write: they are text and nothing else, and
 * the page keeps its form. The console's server is the real one; its data are made up.
 */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { type ConsoleServer, startConsoleServer } from '../../infra/console/console-server.ts';
import type { DataRoutes } from '../../infra/console/data-routes.ts';
import { pageFiles } from '../../infra/console/page-files.ts';
import type { Cases } from './cases.ts';
import { everywhere, failing } from './hostile-data.ts';
import { hostileTexts } from './hostile-texts.ts';
import { opened, section, violations } from './pages.ts';

const AT = '2026-11-27T12:00:10.000Z';

/** What a view is opened by, and brought to show all that it has. */
const views: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async overview(page) {
    await page.getByRole('button', { name: 'Read the schedule' }).click();
    await page.getByText('1 members on the schedule').waitFor();
    await section(page, 'Institutions').getByRole('table').waitFor();
    await section(page, 'Waits for a person').getByRole('table').waitFor();
  },
  async member(page) {
    await page.getByRole('button', { name: 'Show amounts' }).click();
    await section(page, 'Schedule').getByText('Every 24 h').waitFor();
    await page.getByText('2 amounts since').waitFor();
    await opened(page);
    await page.getByText('There may be more: the search was ended.').waitFor();
  },
  async try(page) {
    await section(page, 'Begin here: a bank, and what comes of it').getByRole('button').click();
    await page.getByLabel('The bank asks:').waitFor();
    await section(page, 'What MX was asked').getByRole('table').waitFor();
    await opened(page);
  },
};

const hashes: Readonly<Record<string, (text: string) => string>> = {
  overview: () => '#/',
  member: (text) => `#/member/${encodeURIComponent(text)}/${encodeURIComponent(text)}`,
  try: () => '#/try',
};

/** A console whose data are made by `routes`, anew for each text. */
async function withConsole(
  routes: (text: string) => DataRoutes,
  run: (server: ConsoleServer, tell: (text: string) => void) => Promise<void>,
): Promise<void> {
  const failed: unknown[] = [];
  let now = routes('plain');
  const server = await startConsoleServer({
    ...{ port: 0, asOf: () => AT, files: pageFiles(), failed: (error: unknown) => failed.push(error) },
    routes: Object.fromEntries(Object.keys(now).map((route) => [route, async (input) => now[route]?.(input)])),
  });
  try {
    await run(server, (text) => {
      now = routes(text);
    });
  } finally {
    await server.close();
  }
  expect(failed).toEqual([]);
}

/** The view of `text` from the start, on a page that is open already: opening another one takes longer. */
async function shown(page: Page, view: string, text: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hashes[view]?.(text) ?? '')}`);
  await page.reload();
}

/** The page's own elements, however a text is written: the same view with a harmless text has as many. */
const made = (page: Page): Promise<unknown> =>
  page.evaluate(`Object.entries(Object.groupBy(document.querySelectorAll('#page *'), (one) => one.tagName))
    .map(([name, those]) => name + ' ' + those.length).sort().join(', ')`);

/** Where the view is wider than its window, or a script has run. */
async function harms(page: Page): Promise<readonly unknown[]> {
  const found = await page.evaluate(`[
    document.title === 'Fresh balances' ? null : 'a script has run',
    document.documentElement.scrollWidth > innerWidth
      ? 'wider than its window: ' + [...document.querySelectorAll('#page *')]
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
          .map((one) => one.tagName + '.' + one.className).slice(-4).join(' ')
      : null,
    document.querySelector('#page :is(img, script, iframe, object, embed, link, style, base, svg image)') ? 'an element of the text' : null,
    [...document.querySelectorAll('a')].some(({ href }) => !href.startsWith(location.origin + '/')) ? 'a link that leads away' : null,
  ]`);
  return (found as readonly unknown[]).filter((harm) => harm !== null);
}

/** Registers them. */
export function hostileCases({ alone }: Cases): void {
  it.concurrent.each(Object.keys(views))('shows hostile texts as text: %s', (view) =>
    alone(({ open }) =>
      withConsole(everywhere, async ({ address }, tell) => {
        const page = await open(address, { hash: hashes[view]?.('plain') ?? '', width: 360 });
        await views[view]?.(page);
        const plain = await made(page);
        for (const [kind, text] of Object.entries(hostileTexts)) {
          tell(text);
          await shown(page, view, text);
          await views[view]?.(page);
          expect([kind, await harms(page), await made(page)]).toEqual([kind, [], plain]);
        }
      }),
    )(),
  );

  it.concurrent('shows hostile problems as text', () =>
    alone(({ open }) =>
      withConsole(failing, async ({ address }, tell) => {
        const page = await open(address, { width: 360 });
        for (const [kind, text] of Object.entries(hostileTexts)) {
          tell(text);
          await shown(page, 'member', text);
          await section(page, 'Schedule').locator('.trouble').waitFor();
          await section(page, 'Accounts').locator('.trouble').waitFor();
          expect([kind, await harms(page)]).toEqual([kind, []]);
        }
      }),
    )());

  it.concurrent.each([
    [360, 'light'],
    [360, 'dark'],
    [1600, 'light'],
    [1600, 'dark'],
  ] as const)('is accessible with all that it can show at %d px in %s', (width, colorScheme) =>
    alone(async ({ open }) => {
      await withConsole(everywhere, async ({ address }, tell) => {
        tell('Some words, and more of them.');
        const page = await open(address, { width, colorScheme });
        for (const [view, show] of Object.entries(views)) {
          await page.evaluate(`location.hash = ${JSON.stringify(hashes[view]?.('name') ?? '')}`);
          await show(page);
          expect([view, await violations(page)]).toEqual([view, []]);
        }
      });
    })(),
  );
}
