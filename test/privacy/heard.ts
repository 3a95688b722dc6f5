/** What a client of MX and MX tell each other that must not be told on. */
import type { MxAnswer, MxRequest } from '../../infra/mx-simulator/answers.ts';
import type { Secret, SecretKind } from './detector.ts';

/** Fields of MX's accounts, members and users whose values are looked for. Others are codes, times, guids and words. */
const FIELDS: Readonly<Record<string, SecretKind>> = {
  account_number: 'account number',
  routing_number: 'account number',
  email: 'name',
  id: 'own id',
  member_id: 'own id',
  metadata: 'name',
  nickname: 'name',
  oauth_window_uri: 'credential',
  user_id: 'own id',
};

/** Prefixes of MX's guids: any other name in a path is the client's own id. */
const GUID = /^(?:USR|MBR|ACT|CRD|JOB)-/;

/** The values in one call of MX: credentials, own ids in the path, answers to questions, accounts, members and users. */
export function secretsIn(
  { path, headers, body }: MxRequest,
  { body: answered }: Pick<MxAnswer, 'body'>,
): readonly Secret[] {
  return [
    ...credentialsIn(headers['authorization'] ?? ''),
    ...[...path.matchAll(/\/(?:users|members|accounts)\/([^/?]+)/g)]
      .map(([, segment = '']) => unescapedSegment(segment))
      .filter((name) => !GUID.test(name))
      .map((value): Secret => ({ kind: 'own id', value })),
    ...secretsInJson(body),
    ...secretsInJson(answered),
  ];
}

/** The password of HTTP Basic, and the whole of it as it is sent. */
export function credentialsIn(authorization: string): readonly Secret[] {
  const [, encoded] = /^Basic (.+)$/.exec(authorization) ?? [];
  if (encoded === undefined) return [];
  const password = Buffer.from(encoded, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '');
  return [password, encoded].map((value) => ({ kind: 'credential', value }));
}

/** The values in a body of MX's; nothing in one that is not JSON. */
export function secretsInJson(text: string): readonly Secret[] {
  const found: Secret[] = [];
  try {
    JSON.parse(text, (key, value: unknown, context?: { source?: string }) => {
      const kind = FIELDS[key];
      if (kind !== undefined && typeof value === 'string') found.push({ kind, value });
      // With all its digits, which a number of JavaScript's may not have.
      if (typeof value === 'number' && !key.endsWith('_rate'))
        found.push({ kind: 'amount', value: context?.source ?? '' });
      if (isRecord(value)) found.push(...byNeighbours(value));
      return value;
    });
  } catch {
    return [];
  }
  return found;
}

/** A name is an account's, not a bank's; a value is an answer where it has its question's guid. */
function byNeighbours({ guid, name, value, account_guid: _, ...others }: Readonly<Record<string, unknown>>): Secret[] {
  const isAccount = typeof guid === 'string' && guid.startsWith('ACT-');
  const isAnswer = typeof guid === 'string' && guid.startsWith('CRD-') && !('label' in others);
  return [
    ...(isAccount && typeof name === 'string' ? [{ kind: 'name', value: name } as const] : []),
    ...(isAnswer && typeof value === 'string' ? [{ kind: 'MFA answer', value } as const] : []),
  ];
}

function unescapedSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
