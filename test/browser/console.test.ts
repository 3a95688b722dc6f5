/** The console's page in a browser, against the running local stack. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ConsoleServer } from '../../infra/console/console-server.ts';
import { startConsole } from '../../infra/console/start-console.ts';
import { type Deployment, findDeployment } from '../../infra/operator/deployment.ts';
import { pauseCalls, resumeCalls } from '../../infra/operator/pause.ts';
import { type Running, startRunning } from '../local/running.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { startBrowser } from './browser.ts';
import { type Opening, pagesIn, section, violations } from './pages.ts';
import { changeBalance, DIGITS, HOSTILE, type PreparedMembers, prepareMembers } from './prepared.ts';
import { type StubApi, startStubApi } from './stub-api.ts';

const found = await startBrowser();
if ('missing' in found) console.warn(`The tests of the page are skipped: ${found.missing}.`);
const browser = 'browser' in found ? found.browser : (null as unknown as Browser);

describe.skipIf('missing' in found)('the page', () => {
  let running: Running;
  let deployment: Deployment;
  let served: ConsoleServer;
  let members: PreparedMembers;
  const pages = pagesIn(browser);
  const { faults } = pages;

  beforeAll(async () => {
    running = await startRunning({ learning: true, lookLagMilliseconds: 100, historyDays: 90 });
    deployment = await findDeployment({ local: true }, { AWS_ENDPOINT_URL: running.project.stack.awsEndpointUrl });
    served = await serve();
    members = await prepareMembers(running);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await running?.close();
  });
  afterEach(async () => {
    await pages.close();
    expect(faults.splice(0)).toEqual([]);
  });

  const serve = (given: Partial<Parameters<typeof startConsole>[0]> = {}): Promise<ConsoleServer> =>
    startConsole({ deployment, port: 0, caller: null, failed: (error) => faults.push(error), ...given });
  const openMember = (
    { user, id }: { readonly user: string; readonly id: string },
    opening: Opening = {},
  ): Promise<Page> => pages.open(served.address, { hash: `#/member/${user}/${id}`, ...opening });

  it('watches a refresh from the click to stored balances', async () => {
    const member = running.addMember({ jobSeconds: 3 });
    const page = await openMember(member);
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
    expect(await section(page, 'Accounts').getByRole('row').count()).toBe(7);
    await section(page, 'Whose move is it?').getByText('Nothing has to be done.').waitFor();
  });

  it('explains a member whose bank refuses the password', async () => {
    const page = await openMember(members.denied);
    const explained = section(page, 'Whose move is it?');
    await explained.getByText('The user: has to log in or consent again').waitFor();
    await section(page, 'Accounts').getByText('No balances are stored for this member yet').waitFor();
    await section(page, 'The last refreshes').getByText('to do: reauthenticate').waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    const waiting = section(page, 'Waits for a person').getByRole('table', { name: 'reauthenticate' });
    await waiting
      .getByRole('row', { name: members.denied.guid })
      .getByText('The institution refused the credentials.')
      .waitFor();
  });

  it('fetches amounts only when they are shown, to 38 digits', async () => {
    const page = await openMember(members.amounts);
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
  });

  it('shows how a balance moved', async () => {
    const page = await openMember(members.moved);
    await page.getByRole('button', { name: 'Show amounts' }).click();
    await page.getByText('3 amounts since').waitFor();
    changeBalance(running, members.moved, DIGITS);
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    await page.getByText('4 amounts since').click();
    const rows = page.locator('.former li');
    await rows.first().waitFor();
    const shown = (await rows.allTextContents()).map((text) => text.replace(/ from .*/, ''));
    expect(shown).toEqual([`${DIGITS} EUR`, '1.75 EUR', '2.5 EUR', '1 EUR']);
    await page.locator('.line canvas').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('shows names with markup in them as text', async () => {
    const page = await openMember(members.hostile);
    await page.getByText(HOSTILE).waitFor();
    await page.evaluate(`location.hash = ${JSON.stringify(`#/member/user-3/${encodeURIComponent(HOSTILE)}`)}`);
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
    await page.getByText('This member is not known').waitFor();
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(await page.title()).toBe('Fresh balances');
  });

  it('shows two hundred accounts', async () => {
    const page = await openMember(members.many);
    await page.getByText('Account 199').waitFor();
    expect(await section(page, 'Accounts').getByRole('row').count()).toBe(201);
  });

  it('puts a member on the schedule and takes it off', async () => {
    const page = await openMember(members.stored);
    await page.getByLabel('Refresh every').selectOption('48');
    await page.getByRole('button', { name: 'Put on the schedule' }).click();
    await section(page, 'Schedule').getByText('Every 48 h, next in').waitFor();
    await page.getByRole('button', { name: 'Take off' }).click();
    await section(page, 'Schedule').getByText('It is on no schedule.').waitFor();
  });

  it('shows what runs, banks, and the schedule’s load', async () => {
    const slow = running.addMember({ jobSeconds: 8 });
    await running.call('POST', `${slow.path}/check_balance`);
    const page = await pages.open(served.address);
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
  });

  describe('Try it', () => {
    const begin = async (title: string): Promise<Page> => {
      const page = await pages.open(served.address);
      await page.getByRole('link', { name: 'Try it' }).click();
      await page.getByRole('button', { name: title }).click();
      await section(page, title).waitFor();
      return page;
    };

    it('shows a bank that asks, and passes the answer on', async () => {
      const page = await begin('A bank that asks the user');
      await page.getByLabel('The bank asks:').fill('correct');
      await page.keyboard.press('Enter');
      await page.getByText('It ended as succeeded. The balances are stored.').waitFor();
      const seen = section(page, 'What callers see');
      await seen.getByText(/"outcome": "succeeded"/).waitFor();
      expect(await violations(page)).toEqual([]);
    });

    it('shows MX that lies, goes down, and refuses', async () => {
      const [lies, down, refused] = await Promise.all([
        begin('MX says yes and starts nothing'),
        begin('MX goes down'),
        begin('A bank in maintenance'),
      ]);
      await section(refused, 'What callers see').getByText('check_balance → 4').waitFor();
      const on = section(down, 'What goes wrong now');
      await on.getByText('MX is down for try-').waitFor();
      await section(down, 'What MX was asked').getByRole('row', { name: /503/ }).first().waitFor();
      await on.getByRole('button', { name: 'Take back: MX is down' }).click();
      await on.getByText('Nothing: MX does what is asked of it.').waitFor();
      await lies.getByText('It ended as not refreshed. MX accepted the request').waitFor();
      await section(lies, 'What callers see').getByText('→ 404').waitFor();
      await down.getByText('It ended as succeeded. The balances are stored.').waitFor();
    });
  });

  describe('Try it, by hand', () => {
    afterEach(() => running.mx.clearFaults());

    it('plays a scenario for a member, then another one', async () => {
      const { guid, id } = running.addMember();
      const page = await pages.open(served.address, { hash: '#/try' });
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
      await page.getByText(`The user logs in again: asked for, for ${id}.`).waitFor();
      await section(page, 'locked').getByRole('button', { name: 'Refresh again' }).click();
      await seen.getByText(/6 accounts, fresh/).waitFor();
    });

    it('plays a fault of one member, and takes it back', async () => {
      const { guid } = running.addMember();
      const page = await pages.open(served.address, { hash: '#/try' });
      const choices = section(page, 'Make something go wrong');
      await choices.getByLabel('Hits the calls about').selectOption(guid);
      await choices.getByRole('button', { name: 'MX refuses the service’s key' }).click();
      const on = section(page, 'What goes wrong now');
      await on.getByText('until it is taken back').waitFor();
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
      await on.getByRole('button', { name: 'Take everything back' }).click();
      await on.getByText('Nothing: MX does what is asked of it.').waitFor();
      expect(running.mx.faults()).toEqual([]);
    });
  });

  it('says that MX is down, and asks again', async () => {
    const page = await openMember(running.addMember());
    running.mx.addFault({ how: { kind: 'status', status: 503 }, times: null });
    try {
      await page.getByRole('button', { name: 'Refresh', exact: true }).click();
      await page.getByText('MX did not answer properly, and the member was never seen here').waitFor();
    } finally {
      running.mx.clearFaults();
    }
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    await page.getByText('Accepted.').waitFor();
  });

  it('says in every view that calls to MX are paused', async () => {
    const { terminal } = fakeTerminal({ now: () => new Date().toISOString() });
    const asked = { yes: true, json: false };
    await pauseCalls(deployment, terminal, { ...asked, seconds: 600, why: `maintenance ${HOSTILE}` });
    try {
      const page = await pages.open(served.address);
      await page.getByText(HOSTILE).waitFor();
      await page.getByRole('link', { name: 'Try it' }).click();
      await page.getByText('An operator has paused every call to MX since').waitFor();
      expect(await page.title()).toBe('Fresh balances');
    } finally {
      await resumeCalls(deployment, terminal, asked);
    }
  });

  it('shows times where the reader is, and in UTC', async () => {
    const { endedAt } = members.stored;
    const hour = (timeZone: string): string =>
      new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
        new Date(endedAt),
      );
    const page = await openMember(members.stored);
    const time = section(page, 'The last refreshes').locator(`time[datetime="${endedAt}"]`);
    await time.getByText(hour('Europe/Berlin')).waitFor();
    expect(await time.getAttribute('title')).toBe(`${endedAt.slice(0, 10)} ${endedAt.slice(11, 19)} UTC`);
    await page.getByLabel('Times in UTC').check();
    await time.getByText(`${hour('UTC')} UTC`).waitFor();
  });

  it('can be used with the keyboard alone', async () => {
    const { id, user, guid } = running.addMember();
    const page = await pages.open(served.address);
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
  });

  describe('with an API that does not do as asked', () => {
    let api: StubApi;
    let other: ConsoleServer;
    beforeAll(async () => {
      api = await startStubApi({ status: 200 });
      const output = (name: string): string => (name === 'ApiUrl' ? api.url : deployment.output(name));
      other = await serve({ deployment: { ...deployment, output }, caller: 'support:key' });
    });
    afterAll(async () => {
      await other?.close();
      await api?.close();
    });

    const page = (): Promise<Page> => pages.open(other.address, { hash: '#/member/user-1/member-ok' });

    it.each([
      [{ status: 401 }, 'The API does not accept this key: it is wrong, or it was revoked.'],
      [
        { status: 403, body: { code: 'forbidden', detail: 'the right read is needed' } },
        'This key may not do that. The right read is needed.',
      ],
      [{ status: 429, body: { message: 'Too Many Requests' } }, 'The API is asked too often.'],
      [{ status: 503, headers: { 'retry-after': '30' } }, 'The API cannot do it now (503). Again in 30 s.'],
      [null, 'The API has not answered (not reached: UND_ERR_SOCKET).'],
    ])('says so: %o', async (answer, sentence) => {
      api.set(answer);
      const shown = await page();
      await section(shown, 'Accounts').getByText(sentence).waitFor();
      await section(shown, 'Schedule').getByText(sentence).waitFor();
      // What AWS says does not depend on it.
      await section(shown, 'Whose move is it?').getByText('This member is not known').waitFor();
    });

    it('keeps what it has when a key is revoked', async () => {
      api.set({ status: 200, body: { refreshes: [{ refresh_id: 'RFR-kept', outcome: 'failed' }], next_cursor: null } });
      const shown = await page();
      const last = section(shown, 'The last refreshes');
      await last.getByText('RFR-kept').waitFor();
      api.set({ status: 401 });
      await last.getByRole('button', { name: 'Read again' }).click();
      await last.getByText(/it was revoked\. What is shown here is from \d+ s ago\./).waitFor();
      await last.getByText('RFR-kept').waitFor();
    });

    it('says that this machine’s clock is wrong', async () => {
      api.set({ status: 200, headers: { date: new Date(Date.now() - 3_600_000).toUTCString() } });
      const shown = await page();
      await shown.getByText('This machine’s clock is 60 min ahead of the API’s.').waitFor();
    });
  });

  it('keeps what it has when the console was ended', async () => {
    const ended = await serve();
    const page = await pages.open(ended.address);
    await section(page, 'Runs now')
      .getByText(/No refresh runs\.|job runs/)
      .first()
      .waitFor();
    await ended.close();
    await section(page, 'Runs now')
      .getByText(/The console does not answer.* What is shown here is from/)
      .waitFor();
    await section(page, 'Runs now')
      .getByText(/No refresh runs\.|job runs/)
      .first()
      .waitFor();
  });

  it('takes the token out of the address, and keeps it', async () => {
    const page = await pages.open(served.address);
    await section(page, 'Runs now').getByText(/runs/).last().waitFor();
    expect(page.url()).not.toContain('token');
    await page.reload();
    await section(page, 'Runs now').getByText(/runs/).last().waitFor();
    const stranger = await pages.open(served.address.split('#')[0] ?? '');
    await section(stranger, 'Runs now').getByText('This page does not have the token').waitFor();
  });

  it('is closed to pages of other origins', async () => {
    const foreign = await startStubApi({ status: 200, headers: { 'content-type': 'text/html' } });
    try {
      const page = await pages.open(foreign.url);
      const target = served.address.split('#')[0];
      const read = (path: string, options: string): Promise<unknown> =>
        page.evaluate(`fetch(${JSON.stringify(`${target}${path}`)}, ${options}).then((r) => r.type, (e) => e.name)`);
      expect(await read('data/running', '{}')).toBe('TypeError');
      // Not even that there was an answer: Cross-Origin-Resource-Policy.
      expect(await read('data/refresh', '{ method: "POST", mode: "no-cors", body: "{}" }')).toBe('TypeError');
      const { status } = await fetch(`${target}data/refresh`, { method: 'POST', headers: { origin: foreign.url } });
      expect(status).toBe(403);
      // The canary: this browser blocks such a read by itself too, where no server of ours refuses.
      const willing = await startStubApi({ status: 200 });
      expect(await page.evaluate(`fetch(${JSON.stringify(willing.url)}).then((r) => r.type, (e) => e.name)`)).toBe(
        'TypeError',
      );
      expect(
        await page.evaluate(`fetch(${JSON.stringify(willing.url)}, { mode: "no-cors" }).then((r) => r.type)`),
      ).toBe('opaque');
      await willing.close();
      // This page may ask others.
      faults.length = 0;
    } finally {
      await foreign.close();
    }
  });

  describe('is accessible', () => {
    it.each([
      [360, 'light'],
      [360, 'dark'],
      [1600, 'light'],
      [1600, 'dark'],
    ] as const)('at %d px in %s', async (width, colorScheme) => {
      const page = await openMember(members.stored, { width, colorScheme });
      await page.getByRole('button', { name: 'Show amounts' }).click();
      await section(page, 'Accounts').getByText('USD').first().waitFor();
      await section(page, 'The last refreshes').getByText('succeeded').waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.getByRole('button', { name: 'Read the schedule' }).click();
      await section(page, 'Institutions').getByText('mxbank').waitFor();
      await page.getByText('members on the schedule').waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('link', { name: 'Try it' }).click();
      await page.getByRole('button', { name: 'A bank in maintenance' }).click();
      await section(page, 'What MX was asked').getByRole('row').nth(1).waitFor();
      await section(page, 'What goes wrong now').waitFor();
      await page.evaluate('for (const one of document.querySelectorAll("main details")) one.open = true');
      await page.getByRole('button', { name: 'no-accounts' }).waitFor();
      expect(await violations(page)).toEqual([]);
    });
  });
});
