/** `npm start -- --scenario …`: says in a few lines what will happen, then does it. */
import { setTimeout } from 'node:timers/promises';
import { isExactObject } from '../../shared/domain/decimal.ts';
import type { Control } from '../mx-simulator/control.ts';
import { DEFAULT_SETTINGS } from '../mx-simulator/options.ts';
import type { MovableClock } from './movable-clock.ts';
import { showOutage } from './shown-outage.ts';
import { type Meanwhile, problemOf, type Stage, showRefresh } from './shown-refresh.ts';

/** The names of `--scenario`. */
export const scenarioNames = ['denied', 'slow', 'challenged', 'outage', 'mx-down'] as const;

export type ScenarioName = (typeof scenarioNames)[number];

/** A scenario of the simulator and its demonstration. */
export interface ShownScenario {
  /** What is about to be seen, a line each. */
  readonly lines: readonly string[];
  /** True when it went as the lines say. */
  readonly show: (stage: Stage, control: Control, clock: MovableClock) => Promise<boolean>;
}

const USER = 'user-1';
const pathOf = (member: string): string => `/users/${USER}/members/${member}`;

/** Every scenario that can be shown. */
export const scenarios: Readonly<Record<ScenarioName, ShownScenario>> = {
  denied: {
    lines: [
      'The bank refuses the password. You will see',
      '  - the job run and end, and MX show DENIED;',
      '  - the refresh end as action_required: your application has to ask the user for the password;',
      '  - that nothing was stored, and what a GET of the accounts answers.',
    ],
    async show(stage, control) {
      control.setJobSeconds({ member: 'member-denied', seconds: 4 });
      const { outcome } = await showRefresh(stage, pathOf('member-denied'));
      const answer = await stage.call('GET', `${pathOf('member-denied')}/accounts`);
      stage.say(`  GET …/accounts: ${answer.status}, ${problemOf(answer)}`);
      return outcome === 'action_required';
    },
  },
  slow: {
    lines: [
      'The bank takes half a minute. You will see',
      '  - a second trigger join the refresh that runs: the same id, and no second call at MX;',
      '  - a look that finds the job running and books the next one;',
      '  - MX’s webhook at the end of the job, and the balances stored at once.',
    ],
    async show(stage, control) {
      control.setJobSeconds({ member: 'member-slow', seconds: 30 });
      const path = pathOf('member-slow');
      const join: Meanwhile = async (step) => {
        const { status, body } = await stage.call('POST', `${path}/check_balance`);
        const refresh = isExactObject(body) && isExactObject(body['refresh']) ? body['refresh'] : {};
        step(`a second trigger: ${status}, refresh ${refresh['refresh_id']}, joined`);
      };
      const { outcome } = await showRefresh(stage, path, undefined, join);
      const posts = control.calls().filter(({ method, path: called }) => method === 'POST' && called.includes('check'));
      stage.say(`  MX was asked to start a job ${posts.length === 1 ? 'once' : `${posts.length} times`}.`);
      return outcome === 'succeeded' && posts.length === 1;
    },
  },
  challenged: {
    lines: [
      'The bank asks the user something first. You will see',
      '  - a trigger with user_present, because the user is there to answer;',
      '  - MX’s question in our answer to GET …/status;',
      '  - the answer, which your own application gives to MX (MX’s resume): here the demonstration does;',
      '  - the job go on, and the balances stored.',
    ],
    async show(stage, control) {
      control.setJobSeconds({ member: 'member-mfa', seconds: 6 });
      const path = pathOf('member-mfa');
      const answer: Meanwhile = async (step) => {
        const challenge = await questionOf(stage, path);
        step(`MX asks: ${challenge['label']}`);
        const status = await resume(stage, path, String(challenge['guid']));
        step(`answered at MX: PUT …/resume → ${status}`);
      };
      const { outcome } = await showRefresh(stage, path, { user_present: true }, answer);
      return outcome === 'succeeded';
    },
  },
  outage: {
    lines: [
      'A bank goes down and comes back. You will see',
      '  - refreshes of six users fail, and the breaker of their bank open (event institution.degraded);',
      '  - a caller’s trigger accepted all the same: its answer says that the bank does not work;',
      '  - of two scheduled starts one go through as a probe, and the other wait;',
      '  - a later probe succeed when the bank is back, and the breaker close (event institution.recovered).',
      'The clock is moved ahead to each turn of the schedule. All times are those of the stack’s clock, in UTC.',
    ],
    show: (stage, control, clock) => showOutage({ ...stage, control, clock }),
  },
  'mx-down': {
    lines: [
      'MX is down. You will see',
      '  - a trigger refused in a sentence, with what to do;',
      '  - MX come back, and a second trigger accepted;',
      '  - MX go down again while the job runs: looks see no end and are repeated;',
      '  - the balances stored when MX is back.',
    ],
    async show(stage, control) {
      const member = 'member-ok';
      control.setJobSeconds({ member, seconds: 4 });
      const down = { how: { kind: 'status', status: 503 }, times: null } as const;
      control.addFault(down);
      const first = await showRefresh(stage, pathOf(member));
      stage.say('\n  MX is back.');
      control.clearFaults();
      const goDown: Meanwhile = async (step) => {
        control.addFault(down);
        step('MX is down again');
        await setTimeout(10_000);
        control.clearFaults();
        step('MX is back');
      };
      const second = await showRefresh(stage, pathOf(member), undefined, goDown);
      return first.outcome === null && second.outcome === 'succeeded';
    },
  },
};

const QUESTION_SECONDS = 60;

/** The first question that our API shows of a member; waits until there is one. */
async function questionOf({ call }: Stage, path: string): Promise<Readonly<Record<string, unknown>>> {
  for (let second = 0; second < QUESTION_SECONDS; second += 1) {
    const { body } = await call('GET', `${path}/status`);
    const member = isExactObject(body) ? body['member'] : undefined;
    const challenges = isExactObject(member) ? member['challenges'] : undefined;
    const [challenge] = Array.isArray(challenges) ? challenges.filter(isExactObject) : [];
    if (challenge !== undefined) return challenge;
    await setTimeout(1_000);
  }
  throw new Error(`the simulator asked nothing within ${QUESTION_SECONDS} s`);
}

/** Answers a question at MX, as the application of the user's does. */
async function resume({ project }: Stage, path: string, guid: string): Promise<number> {
  const { clientId, apiKey } = DEFAULT_SETTINGS;
  const response = await fetch(`${project.simulator?.url}${path}/resume`, {
    method: 'PUT',
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${apiKey}`).toString('base64')}`,
      'accept-version': 'v20250224',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ member: { challenges: [{ guid, value: 'correct' }] } }),
  });
  return response.status;
}
