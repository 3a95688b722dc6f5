/** Cases of the overview, and of going from view to view, on the running stack. */
import { expect, it } from 'vitest';
import type { Cases } from './cases.ts';
import { section } from './pages.ts';

/** Registers them. */
export function overviewCases({ on }: Cases): void {
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
}
