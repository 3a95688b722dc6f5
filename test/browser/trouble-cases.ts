/** Cases in which something does not do as asked: the API, AWS, MX, the console itself, or the clock. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { pauseCalls, resumeCalls } from '../../infra/operator/pause.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import type { Cases, OnStage } from './cases.ts';
import { section } from './pages.ts';
import { HOSTILE } from './prepared.ts';
import { type StubAnswer, type StubApi, startStubApi } from './stub-api.ts';

/** A page of a member, of a console whose API is `api`. */
async function withApi(
  { deployment, serve, open }: OnStage,
  answer: StubAnswer | null,
  run: (page: Page, api: StubApi) => Promise<void>,
): Promise<void> {
  const api = await startStubApi(answer);
  const output = (name: string): string => (name === 'ApiUrl' ? api.url : deployment.output(name));
  const other = await serve({ deployment: { ...deployment, output }, caller: 'support:key' });
  try {
    await run(await open(other.address, { hash: '#/member/user-1/member-ok' }), api);
  } finally {
    await other.close();
    await api.close();
  }
}

const REVOKED = 'The API does not accept this key: it is wrong, or it was revoked.';
const THROTTLED = 'The API is asked too often.';
const AWAY = 'The API cannot do it now (503). Again in 30 s.';
const SILENT = 'The API has not answered (not reached: UND_ERR_SOCKET).';

const troubles: readonly (readonly [string, StubAnswer | null, string])[] = [
  ['a key that was revoked', { status: 401 }, REVOKED],
  [
    'a key that may not read',
    { status: 403, body: { code: 'forbidden', detail: 'the right read is needed' } },
    'This key may not do that. The right read is needed.',
  ],
  ['429', { status: 429, body: { message: 'Too Many Requests' } }, THROTTLED],
  ['503', { status: 503, headers: { 'retry-after': '30' } }, AWAY],
  ['no answer', null, SILENT],
];

/** Registers them. */
export function troubleCases({ on }: Cases): void {
  it.concurrent.each(troubles)('says it, and keeps what it has: %s', (_title, answer, sentence) =>
    on((stage) =>
      withApi(stage, answer, async (page, api) => {
        const last = section(page, 'The last refreshes');
        await section(page, 'Accounts').getByText(sentence).waitFor();
        await last.getByText(sentence).waitFor();
        await section(page, 'Schedule').getByText(sentence).waitFor();
        // What AWS says does not depend on it.
        const explained = section(page, 'Whose move is it?');
        await explained.getByText('This member is not known').waitFor();

        api.set({
          status: 200,
          body: { refreshes: [{ refresh_id: 'RFR-kept', outcome: 'failed' }], next_cursor: null },
        });
        await last.getByRole('button', { name: 'Read again' }).click();
        await last.getByText('RFR-kept').waitFor();
        expect(await last.getByText(sentence).count()).toBe(0);
        api.set(answer);
        await last.getByRole('button', { name: 'Read again' }).click();
        await last.getByText(sentence).waitFor();
        await last.getByText(/What is shown here is from \d+ s ago\./).waitFor();
        await last.getByText('RFR-kept').waitFor();

        // A trigger is told the same, and may be repeated.
        await explained.getByRole('button', { name: 'Refresh', exact: true }).click();
        await explained.getByText(sentence).waitFor();
        api.set({ status: 202, body: { refresh: { refresh_id: 'RFR-new', joined: false } } });
        await explained.getByRole('button', { name: 'Refresh', exact: true }).click();
        await explained.getByText('Accepted.').waitFor();
      }),
    )(),
  );

  it.concurrent.each([
    ['ahead of', -3_600_000],
    ['behind', 3_600_000],
  ] as const)('says that this machine’s clock is %s the API’s', (words, byMs) =>
    on((stage) =>
      withApi(
        stage,
        {
          status: 200,
          headers: { date: new Date(Date.now() + byMs).toUTCString() },
          body: {
            refreshes: [{ refresh_id: 'RFR-1', accepted_at: new Date(Date.now() + byMs - 120_000).toISOString() }],
            next_cursor: null,
          },
        },
        async (page) => {
          await page.getByText(new RegExp(`This machine’s clock is (59|60) min ${words} the API’s\\.`)).waitFor();
          // Ages are right all the same.
          await section(page, 'The last refreshes')
            .getByText(/^(2 min|1[12]\d s) ago$/)
            .waitFor();
        },
      ),
    )(),
  );

  it.concurrent(
    'says that MX is down, and asks again',
    on(async ({ running, openMember }) => {
      const member = running.addMember();
      const page = await openMember(member);
      const { id } = running.mx.addFault({ how: { kind: 'status', status: 503 }, times: null, member: member.guid });
      await page.getByRole('button', { name: 'Refresh', exact: true }).click();
      await page.getByText('MX did not answer properly, and the member was never seen here').waitFor();
      running.mx.removeFault({ id });
      await page.getByRole('button', { name: 'Refresh', exact: true }).click();
      await page.getByText('Accepted.').waitFor();
    }),
  );

  it.concurrent(
    'keeps what it has when the console was ended',
    on(async ({ serve, open }) => {
      const ended = await serve();
      const page = await open(ended.address);
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
    }),
  );
}

/** Registers those during which no other case can be: MX is not called. */
export function troubleCasesByThemselves({ on }: Cases): void {
  it(
    'says in every view that calls to MX are paused',
    on(async ({ deployment, served, open }) => {
      const { terminal } = fakeTerminal({ now: () => new Date().toISOString() });
      const asked = { yes: true, json: false };
      await pauseCalls(deployment, terminal, { ...asked, seconds: 600, why: `maintenance ${HOSTILE}` });
      try {
        const page = await open(served.address);
        await page.getByText(HOSTILE).waitFor();
        await page.getByRole('link', { name: 'Try it' }).click();
        await page.getByText('An operator has paused every call to MX since').waitFor();
        expect(await page.title()).toBe('Fresh balances');
      } finally {
        await resumeCalls(deployment, terminal, asked);
      }
    }),
  );
}
