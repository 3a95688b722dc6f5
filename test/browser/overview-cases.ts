/** Cases of the overview, and of going from view to view, on the running stack. */
import type { Request } from 'playwright-core';
import { expect, it } from 'vitest';
import { startConsoleServer } from '../../infra/console/console-server.ts';
import { pageFiles } from '../../infra/console/page-files.ts';
import type { Cases } from './cases.ts';
import { everywhere } from './hostile-data.ts';
import { section } from './pages.ts';

/** Registers them. */
export function overviewCases({ on, alone }: Cases): void {
  it.concurrent(
    'shows what runs, banks, and the schedule’s load',
    on(async ({ running, served, open }) => {
      const slow = running.addMember({ jobSeconds: 8 });
      await running.call('POST', `${slow.path}/check_balance`);
      const page = await open(served.address);
      const row = section(page, 'Runs now').getByRole('row', { name: new RegExp(slow.guid) });
      await row.getByText('job runs', { exact: true }).waitFor();
      await section(page, 'How refreshes ended')
        .getByRole('row', { name: /^succeeded/ })
        .waitFor();
      const bank = section(page, 'Institutions').getByRole('row', { name: /mxbank/ });
      await bank.getByRole('img', { name: /^Job lengths: half / }).waitFor();
      await page.getByRole('button', { name: 'Read the schedule' }).click();
      await section(page, 'The schedule over the day')
        .getByText(/^\d+ members on the schedule\.$/)
        .waitFor();
      await row.getByRole('link').click();
      await page.getByRole('heading', { name: slow.guid }).waitFor();
    }),
  );

  it.concurrent(
    'can be used with the keyboard alone',
    on(async ({ running, served, open }) => {
      const { id, user, guid } = running.addMember();
      const page = await open(served.address);
      await page.getByRole('link', { name: 'Try it' }).focus();
      await page.keyboard.press('Tab');
      await page.keyboard.type(user);
      await page.keyboard.press('Tab');
      await page.keyboard.type(id);
      await page.keyboard.press('Enter');
      // The view’s title gets the focus, and what can be done with the member comes next.
      await page.locator('h1:focus').filter({ hasText: 'Member' }).waitFor();
      await page.getByRole('button', { name: 'Refresh' }).waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Refresh');
      await page.keyboard.press('Enter');
      await page.getByText('Accepted.').waitFor();
      await page.getByRole('heading', { name: guid }).waitFor();
    }),
  );

  it.concurrent(
    'asks less while it is not used, and nothing unseen',
    alone(async ({ open }) => {
      const server = await startConsoleServer({
        ...{ port: 0, asOf: () => '2026-11-27T12:00:00.000Z', files: pageFiles(), failed: () => {} },
        routes: everywhere('plain'),
      });
      const page = await open(server.address, { withClock: true });
      /** How often is asked what runs, within so many seconds of the page's clock. */
      const asked = async (seconds: number): Promise<number> => {
        let count = 0;
        const counted = (request: Request): void => {
          if (request.url().endsWith('/data/running')) count += 1;
        };
        page.on('request', counted);
        for (let second = 0; second < seconds; second += 2) {
          await page.clock.runFor(2_000);
          // Until what was asked is answered: only then the next pause begins.
          await page.evaluate('fetch("/").then((answer) => answer.text())');
        }
        page.off('request', counted);
        return count;
      };
      const seen = (state: string): Promise<unknown> =>
        page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
          document.dispatchEvent(new Event('visibilitychange'))`);
      await section(page, 'Runs now').getByRole('table').waitFor();
      expect(await asked(12)).toBeGreaterThan(2);
      await page.clock.fastForward(600_000);
      await asked(24);
      expect(await asked(20)).toBeLessThan(3);
      await page.mouse.move(10, 10);
      await page.mouse.move(20, 20);
      expect(await asked(12)).toBeGreaterThan(2);
      await seen('hidden');
      await asked(4);
      expect(await asked(12)).toBe(0);
      await seen('visible');
      expect(await asked(4)).toBeGreaterThan(0);
      await server.close();
    }),
  );
}
