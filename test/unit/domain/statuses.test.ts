import { describe, expect, it } from 'vitest';
import { type Action, userActions } from '../../../shared/domain/action.ts';
import { outcomes } from '../../../shared/domain/outcome.ts';
import {
  connectionStatuses,
  isConnectionStatus,
  memberErrorEnds,
  noStatusRule,
  ruleFor,
  statusRules,
  unknownStatusRule,
} from '../../../shared/domain/statuses.ts';

// MX facts 3.1, typed out once more: status by integer id, what it means when no job runs, and who has to act.
const facts: readonly [status: string, whenOver: string, action: Action][] = [
  ['CREATED', 'wait', 'retry_later'],
  ['PREVENTED', 'end', 'reauthenticate'],
  ['DENIED', 'end', 'reauthenticate'],
  ['CHALLENGED', 'end', 'answer_mfa'],
  ['REJECTED', 'end', 'answer_mfa'],
  ['LOCKED', 'end', 'act_at_institution'],
  ['CONNECTED', 'store', 'none'],
  ['IMPEDED', 'end', 'act_at_institution'],
  ['RECONNECTED', 'end', 'retry_later'],
  ['DEGRADED', 'end', 'retry_later'],
  ['DISCONNECTED', 'end', 'retry_later'],
  ['DISCONTINUED', 'end', 'reconnect'],
  ['CLOSED', 'end', 'reconnect'],
  ['DELAYED', 'end', 'retry_later'],
  ['FAILED', 'end', 'retry_later'],
  ['UPDATED', 'wait', 'retry_later'],
  ['DISABLED', 'end', 'contact_support'],
  ['IMPORTED', 'end', 'reauthenticate'],
  ['RESUMED', 'wait', 'retry_later'],
  ['EXPIRED', 'end', 'answer_mfa'],
  ['IMPAIRED', 'end', 'reauthenticate'],
  ['PENDING', 'wait', 'reauthenticate'],
];

describe('the table of statuses', () => {
  it('has MX’s 22 statuses in order of their ids', () => {
    expect(connectionStatuses).toEqual(facts.map(([status]) => status));
    expect(Object.keys(statusRules).toSorted()).toEqual(facts.map(([status]) => status).toSorted());
  });

  it.each(facts)('%s, idle: %s, and the action is %s', (status, whenOver, action) => {
    const { end, ...rule } = ruleFor(status);
    expect({ whenOver: rule.whenOver, action: outcomes[end].action }).toEqual({ whenOver, action });
  });

  it.each(connectionStatuses.map((status, id) => [status, id] as const))('%s names its source', (status, id) => {
    expect(statusRules[status].source).toMatch(new RegExp(`^MX facts 3\\.1, id ${id}(;|$)`));
  });

  it('starts no job where only the user can act', () => {
    for (const status of connectionStatuses) {
      const { end, holdsBackUnattended } = statusRules[status];
      const { action } = outcomes[end];
      const nobodyElseCan = userActions.has(action) || action === 'contact_support';
      expect(holdsBackUnattended === true, status).toBe(nobodyElseCan);
    }
  });

  it('starts again only where MX ran no job', () => {
    const restarted = connectionStatuses.filter((status) => statusRules[status].startOnceMore);
    expect(restarted).toEqual(['CREATED', 'RECONNECTED', 'UPDATED']);
  });

  it('has one code for each status', () => {
    const codes = connectionStatuses.filter((status) => statusRules[status].whenOver === 'end');
    expect(new Set(codes.map((status) => statusRules[status].end)).size).toBe(codes.length);
  });

  it('one row only ends with success, and stores', () => {
    const good = connectionStatuses.filter((status) => outcomes[statusRules[status].end].outcome === 'succeeded');
    expect(good).toEqual(['CONNECTED']);
  });
});

describe('what MX says beyond its 22', () => {
  it('null waits, then the member has no connection', () => {
    expect(ruleFor(null)).toBe(noStatusRule);
    expect(noStatusRule).toMatchObject({ whenOver: 'wait', end: 'no_status' });
  });

  it.each(['BRAND_NEW', 'connected', '', 'toString', '__proto__', 'constructor'])(
    '%j is an unknown status',
    (status) => {
      expect(isConnectionStatus(status)).toBe(false);
      expect(ruleFor(status)).toBe(unknownStatusRule);
    },
  );

  it('an unknown status does not hold back the schedule', () => {
    expect(unknownStatusRule).toMatchObject({ whenOver: 'end', end: 'unknown_status' });
    expect(unknownStatusRule.holdsBackUnattended).toBeUndefined();
  });
});

describe('the codes of the member’s error', () => {
  it('error codes of MX facts 3.5 have sources, except 1000', () => {
    const codes = ['1001', '1002', '2001', '2002', '2003', '2004', '2005', '3000', '3001', '3002'];
    expect(Object.keys(memberErrorEnds).toSorted()).toEqual(codes);
    for (const code of codes) expect(memberErrorEnds[code]?.source).toBe(`MX facts 3.5, ${code}`);
  });

  it('never end a refresh with success', () => {
    expect(Object.values(memberErrorEnds).filter(({ end }) => outcomes[end].outcome === 'succeeded')).toEqual([]);
  });
});
