import type { MxAnswer, MxRequest } from './answers.ts';
import { errorAnswer, jsonAnswer } from './answers.ts';
import { userBody } from './bodies.ts';
import { faultAnswer, takeFault, takesEffect } from './faults.ts';
import { aggregate, checkBalance, resume } from './job-routes.ts';
import {
  listAccounts,
  listChallenges,
  listCredentials,
  listMembers,
  listUserAccounts,
  listUsers,
  notFound,
  readAccount,
  readMember,
  readStatus,
  readUserAccount,
} from './read-routes.ts';
import type { PathParts, RouteKind } from './route-match.ts';
import { matchRoute } from './route-match.ts';
import type { Call, World } from './world.ts';
import { findMember, findUser } from './world.ts';
import { createMember, createUser, deleteMember, deleteUser, updateMember } from './write-routes.ts';

const OLD_ACCEPT = 'application/vnd.mx.api.v1+json';
const CALLS_KEPT = 20_000;

/** Answers a call to MX's API, faults included, and writes it into the list of calls. */
export function handleCall(world: World, request: MxRequest): MxAnswer {
  const mark = request.path.indexOf('?');
  const path = mark < 0 ? request.path : request.path.slice(0, mark);
  const route = matchRoute(request.method, path);
  const call: Call = {
    at: world.now(),
    method: request.method,
    path: request.path,
    route: null,
    memberGuid: null,
    status: 0,
    faultId: null,
    bodyBytes: Buffer.byteLength(request.body),
  };
  if (world.calls.length >= CALLS_KEPT) world.calls.splice(0, CALLS_KEPT / 2);
  world.calls.push(call);
  const done = (given: MxAnswer): MxAnswer => {
    call.status = given.status;
    call.bodyBytes += Buffer.byteLength(given.body);
    return given;
  };
  if (typeof route === 'string') {
    const refusal = refuse(world, request);
    if (refusal !== null) return done(refusal);
    return done(route === 'no-path' ? notFound('page') : errorAnswer(405, `${request.method} is not possible here.`));
  }
  const member = route.parts.member === '' ? undefined : findMember(world, route.parts.member);
  call.route = route.kind;
  call.memberGuid = member?.guid ?? null;
  const fault = takeFault(world, route.kind, [route.parts.member, member?.guid ?? null, member?.id ?? null]);
  call.faultId = fault?.id ?? null;
  const answer = (): MxAnswer => {
    const query = new URLSearchParams(mark < 0 ? '' : request.path.slice(mark + 1));
    const given = refuse(world, request) ?? answerRoute(world, route, query, request.body);
    return { ...given, headers: { ...given.headers, date: new Date(call.at).toUTCString() } };
  };
  if (fault === null) return done(answer());
  const real = takesEffect(fault) ? answer() : errorAnswer(503, 'This call never reached the simulator.');
  return done(faultAnswer(fault.how, real));
}

/** MX facts 1: HTTP Basic first, then a version that exists. */
function refuse(world: World, request: MxRequest): MxAnswer | null {
  const { clientId, apiKey, acceptOldVersion } = world.settings;
  if (request.headers['authorization'] !== basicAuthorization(clientId, apiKey)) {
    return errorAnswer(401, 'The client id or the API key is wrong or missing.');
  }
  const version = request.headers['accept-version'];
  const isOld = version === 'v20111101' || (version === undefined && request.headers['accept'] === OLD_ACCEPT);
  if (version === 'v20250224' || (isOld && acceptOldVersion)) return null;
  return errorAnswer(406, 'The Accept-Version header has to name a version of the API, such as v20250224.');
}

let lastBasic = { clientId: '', apiKey: '', value: '' };

/** `Authorization` for these credentials, kept between calls: a simulation makes millions of them. */
function basicAuthorization(clientId: string, apiKey: string): string {
  if (lastBasic.clientId !== clientId || lastBasic.apiKey !== apiKey) {
    const value = `Basic ${Buffer.from(`${clientId}:${apiKey}`).toString('base64')}`;
    lastBasic = { clientId, apiKey, value };
  }
  return lastBasic.value;
}

function answerRoute(
  world: World,
  { kind, parts }: { readonly kind: RouteKind; readonly parts: PathParts },
  query: URLSearchParams,
  body: string,
): MxAnswer {
  if (kind === 'list-users') return listUsers(world, query);
  if (kind === 'create-user') return createUser(world, body);
  if (kind === 'list-credentials') return listCredentials(parts.institution, query);
  const now = world.now();
  const user = kind === 'read-user-account' ? world.users.get(parts.user) : findUser(world, parts.user);
  if (user === undefined) return notFound('user');
  // A member can be added while reads of its new user still lag behind.
  if (kind === 'create-member') return createMember(world, user, body);
  if (user.visibleAt > now) return notFound('user');
  switch (kind) {
    case 'read-user':
      return jsonAnswer(200, { user: userBody(user) });
    case 'delete-user':
      return deleteUser(world, user);
    case 'list-members':
      return listMembers(world, user, query);
    case 'list-user-accounts':
      return listUserAccounts(world, user, query);
    case 'read-user-account':
      return readUserAccount(world, user, parts.account);
    default:
  }
  const member = findMember(world, parts.member);
  if (member === undefined || member.user !== user || member.visibleAt > now) return notFound('member');
  switch (kind) {
    case 'read-member':
      return readMember(world, member);
    case 'read-status':
      return readStatus(world, member);
    case 'list-accounts':
      return listAccounts(world, member, query);
    case 'read-account':
      return readAccount(world, member, parts.account);
    case 'list-challenges':
      return listChallenges(member, query);
    case 'check-balance':
      return checkBalance(world, member);
    case 'aggregate':
      return aggregate(world, member);
    case 'resume':
      return resume(world, member, body);
    case 'update-member':
      return updateMember(world, member, body);
    case 'delete-member':
      return deleteMember(world, member);
  }
}
