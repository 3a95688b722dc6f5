/** A simulator for the tests of *Try it*. */
import type { SimulatedMember, SimulatorCalls } from '../../../infra/console/simulator-calls.ts';

/** A member of the name `id`; the scenario of `asked-before` asks the user. */
export const memberOf = (id: string | null): SimulatedMember => ({
  ...{ id, guid: `MBR-${id}`, userId: 'user-9', userGuid: 'USR-9' },
  scenario: id === 'asked-before' ? 'challenged' : 'ok',
  accounts: [{ guid: 'ACT-1' }],
});

/** Nothing was switched on. */
export const nothingPlayed: SimulatorCalls = {
  members: async () => [],
  member: async () => null,
  scenarios: async () => [
    { name: 'ok', kind: 'ends-well', description: 'all is well' },
    { name: 'locked', kind: 'ends-otherwise', description: 'the job ends LOCKED: the bank has locked the login' },
    { name: 'challenged', kind: 'asks-the-user', description: 'the bank asks' },
    { name: 'sings', kind: 'of-tomorrow', description: 'the bank sings' },
  ],
  faults: async () => [],
  settings: async () => ({ accountOrder: 'stable', webhooks: { lose: 0, double: 0 } }),
  calls: async () => [],
  command: async () => ({}),
};
