import type { MxAnswer } from './answers.ts';
import { emptyAnswer, errorAnswer, jsonAnswer } from './answers.ts';
import { lookAt, memberBody, userBody } from './bodies.ts';
import { setStatus, startJob } from './job.ts';
import { field, parseBody, textOf } from './json-reading.ts';
import { addMember, addUser, removeMember, removeUser } from './members.ts';
import { guidFor } from './random.ts';
import { scenarioForPassword } from './scenarios.ts';
import { sendMember } from './webhooks.ts';
import type { Member, User, World } from './world.ts';

const MEMBERS_PER_USER = 25;
const OWN_ID = /^[A-Za-z0-9_-]{1,1024}$/;

/** Create user. Own ids are letters, digits, dash and underscore, and taken only once (MX facts 1). */
export function createUser(world: World, body: string): MxAnswer {
  const given = field(parseBody(body), 'user');
  if (given === undefined) return errorAnswer(400, 'The body has to be {"user": {…}}.');
  const id = textOf(given, 'id');
  if (id !== null && (!OWN_ID.test(id) || id.startsWith('USR-'))) return badId();
  const existing = id === null ? undefined : world.usersById.get(id);
  if (existing !== undefined) {
    return errorAnswer(409, 'There is a user with this id.', undefined, { guid: existing.guid });
  }
  const user = addUser(world, {
    id,
    email: textOf(given, 'email'),
    metadata: textOf(given, 'metadata'),
    visibleAt: world.now() + world.settings.createLagMs,
  });
  return jsonAnswer(200, { user: userBody(user) });
}

/**
 * Create member: the password picks the scenario (MX facts 7.1). An aggregation starts at once, unless there are no
 * credentials or `skip_aggregation` is true.
 */
export function createMember(world: World, user: User, body: string): MxAnswer {
  const given = field(parseBody(body), 'member');
  const code = textOf(given, 'institution_code');
  if (code === null)
    return errorAnswer(400, 'The body has to be {"member": {"institution_code": …, "credentials": […]}}.');
  const id = textOf(given, 'id');
  if (id !== null && (!OWN_ID.test(id) || id.startsWith('MBR-'))) return badId();
  const existing = id === null ? undefined : world.membersById.get(id);
  if (existing !== undefined) {
    return errorAnswer(409, 'There is a member with this id.', undefined, { guid: existing.guid });
  }
  if (user.members.size >= MEMBERS_PER_USER) return errorAnswer(405, `A user has at most ${MEMBERS_PER_USER} members.`);
  const password = passwordIn(given, code);
  const member = addMember(world, user, {
    id,
    institutionCode: code,
    metadata: textOf(given, 'metadata'),
    scenario: scenarioForPassword(password ?? ''),
    scenarioName: `password ${password ?? ''}`,
    visibleAt: world.now() + world.settings.createLagMs,
  });
  sendMember(world, member, 'created', world.now());
  if (password === null) member.shown.connectionStatus = null;
  else if (field(given, 'skip_aggregation') !== true) {
    startJob(world, member, { kind: 'aggregation', at: world.now() });
  }
  return jsonAnswer(201, { member: memberBody(world, member, lookAt(member)) });
}

/** Update member: a new password allows logins again after failed ones. An empty body is 400 (MX facts 1). */
export function updateMember(world: World, member: Member, body: string): MxAnswer {
  const given = field(parseBody(body), 'member');
  if (typeof given !== 'object' || given === null || Object.keys(given).length === 0) {
    return errorAnswer(400, 'The body has to be {"member": {…}} with something to change.');
  }
  const metadata = textOf(given, 'metadata');
  if (metadata !== null) member.metadata = metadata;
  const disabled = field(given, 'background_aggregation_is_disabled');
  if (typeof disabled === 'boolean') member.backgroundDisabled = disabled;
  const password = passwordIn(given, member.institution.code);
  if (password !== null) enterPassword(world, member, password);
  sendMember(world, member, 'updated', world.now());
  return jsonAnswer(200, { member: memberBody(world, member, member.shown) });
}

/** New credentials: the password picks the scenario, and logins are possible again. */
export function enterPassword(world: World, member: Member, password: string): void {
  member.scenario = scenarioForPassword(password);
  member.scenarioName = `password ${password}`;
  clearCredentialTrouble(member);
  if (member.job === null) setStatus(world, member, 'UPDATED', world.now());
}

/** Sets the count of failed logins to 0 and allows the next login. */
export function clearCredentialTrouble(member: Member): void {
  member.needsUpdatedCredentials = false;
  member.deniedInRow = 0;
}

/** Delete member: 204; its routes answer 404 from now on. */
export function deleteMember(world: World, member: Member): MxAnswer {
  removeMember(world, member);
  sendMember(world, member, 'deleted', world.now());
  return emptyAnswer(204);
}

/** Delete user with everything. */
export function deleteUser(world: World, user: User): MxAnswer {
  for (const member of [...user.members]) deleteMember(world, member);
  removeUser(world, user);
  return emptyAnswer(204);
}

const badId = (): MxAnswer =>
  errorAnswer(400, 'An id has letters, digits, dash and underscore only and does not look like a guid.');

/** The password among the credentials: the one under its guid, else the last; null = none were given. */
function passwordIn(given: unknown, institution: string): string | null {
  const credentials = field(given, 'credentials');
  if (!Array.isArray(credentials) || credentials.length === 0) return null;
  const guid = guidFor('CRD', `${institution} password`);
  return textOf(credentials.find((entry) => field(entry, 'guid') === guid) ?? credentials.at(-1), 'value');
}
