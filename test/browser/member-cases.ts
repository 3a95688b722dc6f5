/** Cases of a member's view, on the running stack. */
import { expect, it } from 'vitest';
import type { Cases } from './cases.ts';
import { section, violations } from './pages.ts';
import { changeBalance, DIGITS, HOSTILE } from './prepared.ts';

/** Registers them. */
export function memberCases({ on }: Cases): void {
  it.concurrent(
    'watches a refresh from the click to stored balances',
    on(async ({ running, openMember }) => {
      const member = running.addMember({ jobSeconds: 6 });
      const page = await openMember(member);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await section(page, 'Whose move is it?').getByText('This member is not known to the local stack').waitFor();
      await page.getByRole('button', { name: 'Refresh', exact: true }).click();
      await page.getByText('Accepted.').waitFor();
      await page.getByRole('heading', { name: member.guid }).waitFor();
      const steps = page.locator('.watched .steps');
      await steps.getByText('MX has shown the job; its end was not seen yet.').first().waitFor();
      await steps.getByText('It ended as succeeded. The balances are stored.').waitFor();
      const last = section(page, 'The last refreshes');
      await last.getByText('succeeded').waitFor();
      await last.getByText('balances stored, as read').waitFor();
      const rows = section(page, 'Accounts').getByRole('row');
      // A heading and six accounts, which come with an answer of their own.
      await rows.nth(6).waitFor();
      expect(await rows.count()).toBe(7);
      await section(page, 'Whose move is it?').getByText('Nothing has to be done.').waitFor();
      // All accounts are not read each second: at the trigger and at the end, once or twice.
      expect(asked.filter((path) => path === '/data/member').length).toBeLessThan(5);
      expect(asked.filter((path) => path === '/data/member/running').length).toBeGreaterThan(2);
    }),
  );

  it.concurrent(
    'explains a member whose bank refuses the password',
    on(async ({ members, openMember }) => {
      const page = await openMember(await members.denied);
      const explained = section(page, 'Whose move is it?');
      await explained.getByText('The user: has to log in or consent again').waitFor();
      await section(page, 'Accounts').getByText('No balances are stored for this member yet').waitFor();
      await section(page, 'The last refreshes').getByText('to do: reauthenticate').waitFor();
      await page.getByRole('link', { name: 'Overview' }).click();
      const waiting = section(page, 'Waits for a person').getByRole('table', { name: 'reauthenticate' });
      await waiting
        .getByRole('row', { name: (await members.denied).guid })
        .getByText('The institution refused the credentials.')
        .waitFor();
    }),
  );

  it.concurrent(
    'fetches amounts only when they are shown, to 38 digits',
    on(async ({ members, openMember }) => {
      const page = await openMember(await members.amounts);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.reload();
      await section(page, 'Accounts').getByText('Long').waitFor();
      await page.getByRole('button', { name: 'Explain anew' }).click();
      await section(page, 'Accounts').getByText('fresh').first().waitFor();
      expect(asked.some((url) => url.includes('/data/accounts'))).toBe(true);
      expect(asked.filter((url) => url.includes('amounts'))).toEqual([]);
      await page.getByRole('button', { name: 'Show amounts' }).click();
      await page.getByText(`${DIGITS} JPY`).first().waitFor();
      const none = page.getByRole('row', { name: /None/ });
      await none.getByText('not sent by MX').first().waitFor();
      expect(page.url()).not.toContain('amounts');
      await page.getByRole('button', { name: 'Show amounts' }).click();
      await page.getByText(`${DIGITS} JPY`).first().waitFor({ state: 'detached' });
    }),
  );

  it.concurrent(
    'shows how a balance moved',
    on(async ({ running, members, openMember }) => {
      const page = await openMember(await members.moved);
      await page.getByRole('button', { name: 'Show amounts' }).click();
      await page.getByText('3 amounts since').waitFor();
      changeBalance(running, await members.moved, DIGITS);
      await page.getByRole('button', { name: 'Refresh', exact: true }).click();
      await page.getByText('4 amounts since').click();
      const rows = page.locator('.former li');
      await rows.first().waitFor();
      const shown = (await rows.allTextContents()).map((text) => text.replace(/ from .*/, ''));
      expect(shown).toEqual([`${DIGITS} EUR`, '1.75 EUR', '2.5 EUR', '1 EUR']);
      await page.locator('.line canvas').waitFor();
      expect(await violations(page)).toEqual([]);
    }),
  );

  it.concurrent(
    'shows names with markup in them as text',
    on(async ({ members, openMember }) => {
      const page = await openMember(await members.hostile);
      await page.getByText(HOSTILE).waitFor();
      await page.evaluate(`location.hash = ${JSON.stringify(`#/member/user-3/${encodeURIComponent(HOSTILE)}`)}`);
      await page.getByRole('heading', { name: HOSTILE }).waitFor();
      await page.getByText('This member is not known').waitFor();
      expect(await page.locator('img, main script').count()).toBe(0);
      expect(await page.title()).toBe('Fresh balances');
    }),
  );

  it.concurrent(
    'shows two hundred accounts',
    on(async ({ members, openMember }) => {
      const page = await openMember(await members.many);
      await page.getByText('Account 199').waitFor();
      expect(await section(page, 'Accounts').getByRole('row').count()).toBe(201);
    }),
  );

  it.concurrent(
    'puts a member on the schedule and takes it off',
    on(async ({ members, openMember }) => {
      const page = await openMember(await members.stored);
      await page.getByLabel('Refresh every').selectOption('48');
      await page.getByRole('button', { name: 'Put on the schedule' }).click();
      await section(page, 'Schedule').getByText('Every 48 h, next in').waitFor();
      await page.getByRole('button', { name: 'Take off' }).click();
      await section(page, 'Schedule').getByText('It is on no schedule.').waitFor();
    }),
  );

  it.concurrent(
    'shows times where the reader is, and in UTC',
    on(async ({ members, openMember }) => {
      const { endedAt } = await members.stored;
      const hour = (timeZone: string): string =>
        new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
          new Date(endedAt),
        );
      const page = await openMember(await members.stored);
      const time = section(page, 'The last refreshes').locator(`time[datetime="${endedAt}"]`);
      await time.getByText(hour('Europe/Berlin')).waitFor();
      expect(await time.getAttribute('title')).toBe(`${endedAt.slice(0, 10)} ${endedAt.slice(11, 19)} UTC`);
      await page.getByLabel('Times in UTC').check();
      await time.getByText(`${hour('UTC')} UTC`).waitFor();
    }),
  );
}
