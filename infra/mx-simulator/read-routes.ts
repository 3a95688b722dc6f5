import { accountText } from './accounts.ts';
import type { MxAnswer } from './answers.ts';
import { emptyAnswer, errorAnswer, jsonAnswer, textAnswer } from './answers.ts';
import { lookAt, memberBody, peek, statusBody, userBody } from './bodies.ts';
import { challengeBody } from './challenges.ts';
import { accountsOf } from './members.ts';
import { changedBetweenPages, pageNumber, pageOf, shuffled } from './pages.ts';
import { createRandom, guidFor } from './random.ts';
import type { Member, User, World } from './world.ts';

/** MX facts 2.2. */
export const readMember = (world: World, member: Member): MxAnswer =>
  jsonAnswer(200, { member: memberBody(world, member, lookAt(member)) });

/** MX facts 2.3. */
export const readStatus = (world: World, member: Member): MxAnswer =>
  jsonAnswer(200, { member: statusBody(world, member, lookAt(member)) });

/** MX facts 2.4. The order is a setting; what happens between the pages is set for the member (`set-list-change`). */
export function listAccounts(world: World, member: Member, query: URLSearchParams): MxAnswer {
  const wanted = query.get('member_is_managed_by_user') ?? 'true';
  const all = wanted === 'true' ? inOrder(world, member) : [];
  const list = changedBetweenPages(all, member.listChange, pageNumber(query));
  const page = pageOf(list, query);
  // `duplicates` counts the entry that stands twice once: a reader finds the double only by comparing guids.
  const { pagination } = member.listChange === 'duplicates' ? pageOf(all, query) : page;
  const texts = page.entries.map(accountText).join(',');
  return textAnswer(200, `{"accounts":[${texts}],"pagination":${JSON.stringify(pagination)}}`);
}

function inOrder(world: World, member: Member) {
  const accounts = accountsOf(world, member);
  switch (world.settings.accountOrder) {
    case 'per-call':
      return shuffled(accounts, world.random.order);
    case 'per-job':
      return shuffled(accounts, createRandom(world.seed + member.jobsEnded, member.guid));
    default:
      return accounts;
  }
}

/** MX facts 2.5: guid or own id. */
export function readAccount(world: World, member: Member, identifier: string): MxAnswer {
  const found = accountsOf(world, member).find(({ guid, id }) => guid === identifier || id === identifier);
  return found === undefined ? notFound('account') : textAnswer(200, `{"account":${accountText(found)}}`);
}

/** MX facts 2.6: guids only. */
export function readUserAccount(world: World, user: User, guid: string): MxAnswer {
  for (const member of user.members) {
    const found = accountsOf(world, member).find((account) => account.guid === guid);
    if (found !== undefined) return textAnswer(200, `{"account":${accountText(found)}}`);
  }
  return notFound('account');
}

/** MX facts 2.6: all accounts of a user. */
export function listUserAccounts(world: World, user: User, query: URLSearchParams): MxAnswer {
  const manual = query.get('is_manual');
  const managed = query.get('member_is_managed_by_user') ?? 'true';
  const all = [...user.members]
    .flatMap((member) => accountsOf(world, member))
    .filter(({ values }) => manual === null || String(values.is_manual === true) === manual)
    .filter(() => managed === 'true');
  const page = pageOf(all, query);
  const texts = page.entries.map(accountText).join(',');
  return textAnswer(200, `{"accounts":[${texts}],"pagination":${JSON.stringify(page.pagination)}}`);
}

/** MX facts 2.7. */
export function listMembers(world: World, user: User, query: URLSearchParams): MxAnswer {
  const useCase = query.get('use_case');
  const now = world.now();
  const all = [...user.members].filter(({ visibleAt }) => visibleAt <= now && (useCase ?? 'PFM') === 'PFM');
  const page = pageOf(all, query);
  const members = page.entries.map((member) => memberBody(world, member, peek(member)));
  return jsonAnswer(200, { members, pagination: page.pagination });
}

/** MX facts 2.8. */
export function listUsers(world: World, query: URLSearchParams): MxAnswer {
  const now = world.now();
  const wanted = (value: unknown, name: string) => !query.has(name) || String(value) === query.get(name);
  const all = [...world.users.values()].filter(
    (user) =>
      user.visibleAt <= now &&
      wanted(user.id, 'id') &&
      wanted(user.email, 'email') &&
      wanted(user.isDisabled, 'is_disabled'),
  );
  const page = pageOf(all, query);
  return jsonAnswer(200, { users: page.entries.map(userBody), pagination: page.pagination });
}

/** MX facts 2.9: 204 while there is no question. */
export function listChallenges(member: Member, query: URLSearchParams): MxAnswer {
  if (member.challenges.length === 0) return emptyAnswer(204);
  const page = pageOf(member.challenges, query);
  return jsonAnswer(200, { challenges: page.entries.map(challengeBody), pagination: page.pagination });
}

/** The two credentials of every bank here; the second is the password, which picks the scenario (MX facts 7.1). */
export function listCredentials(institution: string, query: URLSearchParams): MxAnswer {
  const credentials = [
    { field_name: 'username', field_type: 'LOGIN', label: 'Username' },
    { field_name: 'password', field_type: 'PASSWORD', label: 'Password' },
  ].map((field, index) => ({
    guid: guidFor('CRD', `${institution} ${field.field_name}`),
    display_order: index + 1,
    ...field,
  }));
  const page = pageOf(credentials, query);
  return jsonAnswer(200, { credentials: page.entries, pagination: page.pagination });
}

/** MX's 404 for a user, a member, an account or a page that does not exist. */
export const notFound = (what: string): MxAnswer => errorAnswer(404, `The ${what} was not found.`);
