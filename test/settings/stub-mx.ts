/** MX with one member, whose job runs, ends or never begins as the test sets it. */
import type { ServerResponse } from 'node:http';
import { type Seen, type StubServer, sendJson, stubServer } from '../contract/stub-server.ts';

/** MX, and the member that it has. */
export interface StubMx {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** The members and accounts that it has sent, as JSON. */
  readonly told: readonly string[];
  /** Fields of the member over those of one that is connected and idle. */
  member: Readonly<Record<string, unknown>>;
  /** Its accounts. */
  accounts: readonly object[];
  /** Its institution has no balance checks: POSTs are refused. */
  refusesJobs: boolean;
  /** Answers to requests with this text in their path are never given. */
  hangsAt: string | null;
  /** Answered to every request, without a body that says why; null: MX does what it is asked. */
  status: number | null;
  close(): Promise<void>;
}

/** The member's guids. */
export const member = { userGuid: 'USR-1', memberGuid: 'MBR-1' } as const;

const connected = {
  guid: member.memberGuid,
  user_guid: member.userGuid,
  connection_status: 'CONNECTED',
  is_being_aggregated: false,
  most_recent_job_guid: 'JOB-1',
  aggregated_at: '2026-11-20T12:00:00Z',
  successfully_aggregated_at: '2026-11-20T12:00:05Z',
};

/** A job that began after `T0`. */
export const running = {
  is_being_aggregated: true,
  most_recent_job_guid: 'JOB-2',
  aggregated_at: '2026-11-21T12:00:01Z',
};

/** The same job, over with success. */
export const done = { ...running, is_being_aggregated: false, successfully_aggregated_at: '2026-11-21T12:00:04Z' };

/** Starts it. */
export async function startStubMx(): Promise<StubMx> {
  const mx = {
    member: {} as Readonly<Record<string, unknown>>,
    accounts: [] as readonly object[],
    refusesJobs: false,
    hangsAt: null as string | null,
    status: null as number | null,
  };
  const told: string[] = [];
  const tell = (response: ServerResponse, body: object, status = 200): void => {
    told.push(JSON.stringify(body));
    sendJson(response, body, status);
  };
  const server: StubServer = await stubServer(({ method, url }, response) => {
    if (mx.hangsAt !== null && url.includes(mx.hangsAt)) return;
    if (mx.status !== null) {
      sendJson(response, {}, mx.status);
      return;
    }
    if (method === 'PUT') {
      sendJson(response, { error: { message: 'The member is not challenged.', status: 'method_not_allowed' } }, 405);
      return;
    }
    if (method === 'POST' && mx.refusesJobs) {
      sendJson(
        response,
        { error: { message: 'This institution does not support this job.', status: 'bad_request' } },
        400,
      );
      return;
    }
    if (!url.includes('/accounts')) {
      tell(response, { member: { ...connected, ...mx.member } }, method === 'POST' ? 202 : 200);
      return;
    }
    const pagination = { current_page: 1, per_page: 1000, total_entries: mx.accounts.length, total_pages: 1 };
    tell(response, { accounts: mx.accounts, pagination });
  });
  return Object.assign(mx, { url: server.url, seen: server.seen, told, close: server.close });
}
