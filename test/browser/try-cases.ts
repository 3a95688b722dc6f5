/** Cases of *Try it*, on the running stack. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { startConsoleServer } from '../../infra/console/console-server.ts';
import { pageFiles } from '../../infra/console/page-files.ts';
import type { Cases, OnStage } from './cases.ts';
import { everywhere } from './hostile-data.ts';
import { section, violations } from './pages.ts';

async function begin({ open, served }: Pick<OnStage, 'open' | 'served'>, title: string): Promise<Page> {
  const page = await open(served.address);
  await page.getByRole('link', { name: 'Try it' }).click();
  await page.getByRole('button', { name: title }).click();
  await section(page, title).waitFor();
  return page;
}

/** Registers them. */
export function tryCases({ on, alone }: Cases): void {
  it.concurrent(
    'Try it asks again until the question is known',
    alone(async ({ open }) => {
      const questions = [null, { guid: 'CRD-1', label: 'the first pet’s name' }];
      const server = await startConsoleServer({
        ...{ port: 0, asOf: () => '2026-11-27T12:00:00.000Z', files: pageFiles(), failed: () => {} },
        routes: { ...everywhere('plain'), 'GET /data/try/question': async () => questions.shift() },
      });
      const page = await open(server.address, { hash: '#/try' });
      await section(page, 'Begin here: a bank, and what comes of it').getByRole('button').click();
      await page.getByLabel('The bank asks: the first pet’s name').waitFor();
      await server.close();
    }),
  );

  it.concurrent(
    'Try it shows a bank that asks, and passes the answer on',
    on(async (given) => {
      const page = await begin(given, 'A bank that asks the user');
      await page.getByLabel('The bank asks:').fill('correct');
      await page.keyboard.press('Enter');
      await page.getByText('It ended as succeeded. The balances are stored.').waitFor();
      const seen = section(page, 'What callers see');
      await seen.getByText('The newest refresh ended as succeeded (stored)').waitFor();
      await seen.getByText(/"outcome": "succeeded"/).waitFor();
      expect(await violations(page)).toEqual([]);
    }),
  );

  it.concurrent(
    'Try it shows MX that lies',
    on(async (given) => {
      const page = await begin(given, 'MX says yes and starts nothing');
      await page.getByText('It ended as not refreshed. MX accepted the request').waitFor();
      await section(page, 'What callers see').getByText('→ 404').waitFor();
    }),
  );

  it.concurrent(
    'Try it shows MX that refuses',
    on(async (given) => {
      const page = await begin(given, 'A bank in maintenance');
      await section(page, 'What callers see').getByText('→ 4').first().waitFor();
      await section(page, 'What MX was asked').getByRole('row', { name: /400/ }).waitFor();
    }),
  );

  it.concurrent(
    'Try it lets MX go down and come back',
    on(async (given) => {
      const page = await begin(given, 'MX goes down');
      const now = section(page, 'What goes wrong now');
      await now.getByText('MX is down for try-').waitFor();
      await section(page, 'What MX was asked')
        .getByRole('row', { name: /503 MX is down/ })
        .first()
        .waitFor();
      await now.getByRole('button', { name: 'Take back: MX is down' }).click();
      await page.getByText('It ended as succeeded. The balances are stored.').waitFor();
    }),
  );

  it.concurrent(
    'Try it plays a scenario, then another one',
    on(async ({ running, served, open }) => {
      const { guid, id } = running.addMember();
      const page = await open(served.address, { hash: '#/try' });
      const banks = section(page, 'Every way in which a bank and MX can behave');
      await banks.getByText('The job ends otherwise').click();
      await banks.getByText('The job ends LOCKED: the bank has locked the user’s login.').waitFor();
      await banks.getByLabel('For').selectOption(guid);
      await banks.getByRole('button', { name: 'locked', exact: true }).click();
      await section(page, 'locked').getByText('It ended as action required.').waitFor();
      const seen = section(page, 'What callers see');
      await seen.getByText('The newest refresh ended as action required (locked)').waitFor();
      expect(running.mx.member({ member: id }).scenario).toBe('locked');
      await section(page, 'Let something happen').getByRole('button', { name: 'The user logs in again' }).click();
      await page.getByText(`The user logs in again: it has happened to ${id}.`).waitFor();
      await section(page, 'locked').getByRole('button', { name: 'Refresh again' }).click();
      await seen.getByText(/6 accounts, fresh/).waitFor();
      const background = section(page, 'Let something happen').getByRole('button', {
        name: 'MX runs a job of its own',
      });
      await background.click();
      await page.getByText(`MX runs a job of its own: it has happened to ${id}.`).waitFor();
      await background.click();
      await page.getByText('has a running job').waitFor();
      expect(await page.getByText('it has happened').count()).toBe(0);
    }),
  );
}

/** Registers those that switch off what others have switched on: one at a time, beside no other case. */
export function tryCasesByThemselves({ on }: Cases): void {
  it(
    'Try it plays a fault of one member',
    on(async ({ running, served, open }) => {
      const { guid } = running.addMember();
      const page = await open(served.address, { hash: '#/try' });
      const choices = section(page, 'Make something go wrong');
      await choices.getByLabel('Hits the calls about').selectOption(guid);
      await choices.getByRole('button', { name: 'MX refuses the service’s key' }).click();
      const now = section(page, 'What goes wrong now');
      await now.getByText('until it is taken back').waitFor();
      await choices.getByText('on', { exact: true }).waitFor();
      expect(running.mx.faults()).toMatchObject([{ member: guid, left: null, how: { status: 401 } }]);
      const banks = section(page, 'Every way in which a bank and MX can behave');
      await banks.getByLabel('For').selectOption(guid);
      await banks.getByRole('button', { name: 'ok', exact: true }).click();
      await section(page, 'What callers see').getByText('→ 502').waitFor();
      const asked = section(page, 'What MX was asked');
      await asked
        .getByRole('row', { name: /401 MX refuses the service’s key/ })
        .first()
        .waitFor();
      await now.getByRole('button', { name: 'Take everything back' }).click();
      await now.getByText('Nothing: MX does what is asked of it.').waitFor();
      expect(running.mx.faults()).toEqual([]);
    }),
  );
}
