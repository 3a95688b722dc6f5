/** What happens in a history besides the functions: callers ask, users answer, banks move money, members are deleted. */
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { FunctionsInTime } from './functions-in-time.ts';
import type { Action, Plan } from './plan.ts';
import type { World } from './world.ts';

/** Does what is planned; what is no function's work happens at once. */
export function perform(action: Action, plan: Plan, world: World, functions: FunctionsInTime): void {
  if (action.what === 'mx down') return;
  const member = world.members[action.member];
  if (
    member === undefined ||
    (action.what !== 'trigger' &&
      action.what !== 'enrol' &&
      action.what !== 'resume' &&
      action.what !== 'erase' &&
      action.what !== 'tell of a deletion' &&
      world.gone.has(member.key.memberGuid))
  )
    return;
  const { key, memberId } = member;
  const { control } = world.model;
  switch (action.what) {
    case 'trigger':
      functions.trigger(action);
      return;
    case 'enrol':
      functions.enrol(action);
      return;
    case 'erase':
      functions.erase(action);
      return;
    case 'resume':
      functions.resume(action, questionsAt(world, key));
      return;
    case 'tell of a deletion': {
      if (plan.webhooksOf === null) return;
      const { userGuid: user_guid, memberGuid: guid } = key;
      const body = JSON.stringify({ type: 'MEMBER', action: 'deleted', guid, user_guid });
      for (let time = 0; time < action.times; time += 1) {
        functions.webhook({ id: 1_000_000 + time, attempt: 0, type: 'MEMBER', body }, () => {});
      }
      return;
    }
    case 'answer the challenge': {
      const challenges = questionsAt(world, key).map((guid) => ({ guid, value: action.answer }));
      const given = JSON.stringify({ member: { challenges } });
      world.model.handle({ method: 'PUT', path: `${pathOf(key)}/resume`, headers: ourselves, body: given });
      return;
    }
    case 'bank':
      for (const one of world.members) {
        if (world.gone.has(one.key.memberGuid)) continue;
        control.setScenario({ member: one.memberId, scenario: action.works ? 'ok' : 'institution-down' });
      }
      return;
    case 'balance checks':
      for (const one of world.members) {
        if (world.gone.has(one.key.memberGuid)) continue;
        control.setScenario({ member: one.memberId, scenario: action.offered ? 'ok' : 'refused-not-supported' });
      }
      return;
    case 'repair':
      control.setScenario({ member: memberId, scenario: 'ok' });
      return;
    case 'move a balance':
    case 'drop an account': {
      const [account] = control.member({ member: memberId }).accounts;
      if (account === undefined) return;
      const named = { member: memberId, account: account.guid };
      if (action.what === 'drop an account') control.dropAccount(named);
      else control.setBalances({ ...named, values: { balance: action.balance }, when: 'now' });
      return;
    }
    case 'relink':
      // The connection was made anew: the same accounts, by their own ids, under new guids.
      for (const { guid, id, balance } of control.member({ member: memberId }).accounts) {
        control.dropAccount({ member: memberId, account: guid });
        control.addAccount({ member: memberId, values: { id, guid: `${guid}-anew`, balance } });
      }
      return;
    case 'add an account':
      control.addAccount({ member: memberId, values: { id: 'act-new', balance: plan.members[0]?.balances[0] ?? '0' } });
      return;
    case 'delete':
      world.gone.add(key.memberGuid);
      world.model.handle({ method: 'DELETE', path: pathOf(key), headers: ourselves, body: '' });
      return;
  }
}

/** The guids of what MX asks the member's user now. */
function questionsAt(world: World, key: MemberKey): readonly string[] {
  const ask = { method: 'GET', path: `${pathOf(key)}/challenges`, headers: ourselves, body: '' };
  return [...world.model.handle(ask).body.matchAll(/"guid":"(CRD-[^"]+)"/g)].map(([, guid = '']) => guid);
}

const pathOf = (key: MemberKey): string => `/users/${key.userGuid}/members/${key.memberGuid}`;

/** The operator's other systems, which have MX's credentials too. */
const ourselves = {
  authorization: `Basic ${btoa('local-client-id:local-api-key')}`,
  'accept-version': 'v20250224',
};
