/** Deliberate faults. */
import { domain, type Mutant } from './mutant.ts';

/** Of what is learnt of institutions, and of banks that do not work. */
export const institutionsMutants: readonly Mutant[] = [
  {
    name: 'learnt-from-attended-jobs',
    what: 'the time that a user takes to answer counts as a job’s length',
    breaks: [0],
    besides: 'learning',
    changes: [domain('job-sample.ts', "if (claim.userPresent || asksUser) return drop('attended');", '')],
  },
  {
    name: 'learnt-from-foreign-jobs',
    what: 'the length of a job that is not known to be ours is learnt',
    breaks: [0],
    besides: 'learning',
    changes: [
      domain(
        'job-sample.ts',
        "if (start.state !== 'accepted' || baseline === null || baseline.isBeingAggregated) return drop('not_ours');",
        "if (start.state === 'none' || baseline === null) return drop('not_ours');",
      ),
      domain('job-sample.ts', "if (start.count > 1) return drop('restarted');", ''),
      domain('job-sample.ts', "if (!isOurs(claim, start, baseline, member)) return drop('not_ours');", ''),
    ],
  },
  {
    name: 'breaker-stays-open',
    what: 'a breaker never closes',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain(
        'breaker.ts',
        'if (breaker.open === null || !countsFor(breaker, job)) return breaker;\n  const { since, code }',
        'if (breaker.open === null || countsFor(breaker, job)) return breaker;\n  const { since, code }',
      ),
    ],
  },
  {
    name: 'breaker-stops-nothing',
    what: 'scheduled starts do not wait while a bank does not work',
    breaks: [0],
    besides: 'breaker',
    changes: [domain('pass-breakers.ts', 'if (open.size === 0) return', 'if (open.size >= 0) return')],
  },
  {
    name: 'probe-kept',
    what: 'a probe that has started nothing is not given back',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain('start-due.ts', "if (result !== 'accepted' && result !== 'joined') await giveBack(enrolled);", ''),
    ],
  },
  {
    name: 'breaker-stops-callers',
    what: 'a caller’s trigger is refused while its bank does not work',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain(
        'start-refresh.ts',
        'unasked: async () => null,',
        "async unasked(record) {\n      if ((await deps.breakers.open()).has(record.institutionCode ?? '')) throw new Failure('mx_unavailable', 'the bank does not work');\n      return null;\n    },",
      ),
    ],
  },
  {
    name: 'not-supported-stops-callers',
    what: 'a caller’s trigger is refused where MX has no balance checks',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain(
        'start-refresh.ts',
        'unasked: async () => null,',
        "async unasked(record) {\n      if (await holdsNotSupported(deps, record)) throw new Failure('mx_refused', 'the bank has no balance checks');\n      return null;\n    },",
      ),
    ],
  },
  {
    name: 'not-supported-by-one-user',
    what: 'that an institution has no balance checks is believed of one user’s refusals',
    breaks: [0],
    besides: 'breaker',
    changes: [domain('not-supported.ts', 'refusal.userTag !== userTag &&', '')],
  },
  {
    name: 'not-supported-stays',
    what: 'that an institution has no balance checks is believed on after a success',
    breaks: [0],
    besides: 'breaker',
    changes: [
      domain(
        'not-supported.ts',
        'if (notSupported === null || answeredAt === null || answeredAt <= notSupported.since) return checks;',
        'if (answeredAt !== undefined) return checks;',
      ),
    ],
  },
  {
    name: 'not-supported-started',
    what: 'the schedule starts members of an institution without balance checks',
    breaks: [0],
    besides: 'breaker',
    changes: [domain('start-refresh.ts', 'if (!(await holdsNotSupported(deps, record))) return null;', 'return null;')],
  },
];
