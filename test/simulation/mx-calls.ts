/** The real MX client with the MX simulator's model at the other end, and what an observer learns from each answer. */
import type { MxAnswer } from '../../infra/mx-simulator/answers.ts';
import { mxClient } from '../../shared/clients/mx-client.ts';
import { mxDeletion } from '../../shared/clients/mx-deletion.ts';
import type { MxClientOptions } from '../../shared/clients/mx-request.ts';
import { pauseGate } from '../../shared/clients/pause-gate.ts';
import type { MxDeletion } from '../../shared/domain/erasure-ports.ts';
import { type Instant, instantOf, readInstant } from '../../shared/domain/instant.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Pauses } from '../../shared/domain/pause.ts';
import type { Mx } from '../../shared/domain/ports.ts';
import type { Invocation, Invocations } from './invocations.ts';
import { checkUncalled } from './pauses.ts';
import type { MemberSeen, Truth } from './what-is-known.ts';
import type { World } from './world.ts';

/** Who calls, and who watches. */
export interface Caller {
  readonly invocations: Invocations;
  readonly truth: Truth;
  readonly invocation: Invocation;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly pauses: Pauses;
}

const secretText = JSON.stringify({ client_id: 'local-client-id', api_key: 'local-api-key' });
const credentials = { current: async () => secretText, refetched: async () => secretText };

const routeNames: Readonly<Record<string, string>> = {
  accounts: 'listAccounts',
  status: 'readChallenges',
  check_balance: 'checkBalance',
  resume: 'resume',
};

/** MX for one invocation: what refreshes ask it, and deleting there. */
export function mxIn(
  world: World,
  { invocations, truth, invocation, now, pauses }: Caller,
  timeoutMs: number,
): { readonly mx: Mx; readonly mxDeletion: MxDeletion } {
  const { model, byName } = world;

  function observe(what: string, key: MemberKey, sentAt: number, answer: MxAnswer): void {
    if (what === 'checkBalance') {
      truth.posted(invocation, key, { sentAt, status: answer.status, aggregatedAt: startIn(answer) });
    }
    if (what === 'resume') truth.answered(invocation, key, sentAt);
    if (answer.status !== 200) return;
    if (what === 'readMember') truth.memberRead(invocation, key, seenIn(answer, now(), world.jobsEnded(key)));
    if (what !== 'listAccounts') return;
    const { accounts } = model.control.member({ member: key.memberGuid });
    const imports = importsIn(answer);
    truth.accountsListed(invocation, key, {
      at: now(),
      balances: new Map(accounts.map(({ guid, balance }) => [guid, balance])),
      imports,
      oldestImport: Math.min(...imports.values().map((at) => Date.parse(at))) - world.clockAheadMs,
    });
  }

  /** What MX does not have any more after it. */
  function noteDeleted(what: string, name: string, user: string): void {
    for (const { key } of world.members) {
      const isOf = what === 'deleteUser' ? key.userGuid === user : key.memberGuid === name;
      if (isOf) world.gone.add(key.memberGuid);
    }
  }

  const options: MxClientOptions = {
    baseUrl: 'https://mx.simulated',
    acceptVersion: 'v20250224',
    credentials,
    timeoutMs,
    now: () => instantOf(now()),
    gate: pauseGate({ pauses, now: () => instantOf(now()), random: invocation.random.next }),
    async send({ method, url, headers, body = '' }) {
      const [, , user = '', , name = '', route = ''] = url.pathname.split('/');
      const deletes = name === '' ? 'deleteUser' : 'deleteMember';
      const what = method === 'DELETE' ? deletes : (routeNames[route] ?? 'readMember');
      const sentAt = now();
      const asked = byName.get(name);
      if (asked !== undefined && what === 'checkBalance') truth.posting(invocation, asked);
      const answered = await invocations.askMx(invocation, `mx.${what}`, timeoutMs, () => {
        checkUncalled(world, invocation.id, what, sentAt);
        const answer = model.handle({ method, path: url.pathname + url.search, headers, body });
        if (method === 'DELETE' && answer.status < 300) noteDeleted(what, name, user);
        world.planMx();
        invocations.tell(invocation, () => `MX answers ${what} with ${answer.status} ${shortly(answer)}`);
        const key = byName.get(name);
        if (key !== undefined) observe(what, key, sentAt, answer);
        return answer;
      });
      if (asked !== undefined && method === 'GET' && answered.status === 404) truth.missed(asked);
      const seconds = Number(answered.headers['retry-after'] ?? Number.NaN);
      if (asked !== undefined && method === 'POST' && seconds > 0) truth.putOff(invocation, asked, seconds);
      return answered;
    },
  };
  return { mx: mxClient(options), mxDeletion: mxDeletion(options) };
}

const seenIn = ({ body }: MxAnswer, at: number, jobsEnded: number): MemberSeen => ({
  at,
  status: /"connection_status":"(\w+)"/.exec(body)?.[1] ?? null,
  newestJob: [...body.matchAll(/"(?:most_recent_job_guid|aggregated_at)":("[^"]*")/g)].join(),
  needsUpdatedCredentials: body.includes('"needs_updated_credentials":true'),
  aggregatedAt: startIn({ body }),
  jobsEnded,
});

const startIn = ({ body }: Pick<MxAnswer, 'body'>): Instant | null =>
  readInstant(/"aggregated_at":"([^"]*)"/.exec(body)?.[1]);

/** Per account. MX's JSON has them in the order of the alphabet: guid, later imported_at. */
const importsIn = ({ body }: MxAnswer): ReadonlyMap<string, Instant> =>
  new Map(
    [...body.matchAll(/"guid":"(ACT-[^"]+)"[^}]*?"imported_at":"([^"]+)"/g)].flatMap(([, guid = '', at]) => {
      const importedAt = readInstant(at);
      return importedAt === null ? [] : [[guid, importedAt] as const];
    }),
  );

/** What matters of an answer, for a story. */
function shortly({ body }: MxAnswer): string {
  const fields = /"(connection_status|is_being_aggregated|most_recent_job_guid|error_code|imported_at)":("[^"]*"|\w+)/g;
  return [...body.matchAll(fields)].map(([, name, value]) => `${name}=${value}`).join(' ');
}

/** `mx`, and whether it answered the last call that was made. */
export function overheard(mx: Mx): { readonly mx: Mx; readonly answered: () => boolean } {
  let wasAnswered = true;
  const hear = async <T>(asked: Promise<T>): Promise<T> => {
    wasAnswered = false;
    const answer = await asked;
    wasAnswered = true;
    return answer;
  };
  return {
    mx: {
      readMember: (member) => hear(mx.readMember(member)),
      readChallenges: (member) => hear(mx.readChallenges(member)),
      checkBalance: (member) => hear(mx.checkBalance(member)),
      resume: (member, answers) => hear(mx.resume(member, answers)),
      listAccounts: (member) => hear(mx.listAccounts(member)),
    },
    answered: () => wasAnswered,
  };
}
