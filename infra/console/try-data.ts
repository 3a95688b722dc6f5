/** Trying the service with the simulator: a bank of some way, a trigger there, and what callers see of it. */
import { isExactObject } from '../../shared/domain/decimal.ts';
import { type ApiCall, type ApiCalls, memberPath } from './api-calls.ts';
import { type DataRoutes, namesIn } from './data-routes.ts';
import { memberOf, memberShown, playRoutes } from './play-data.ts';
import { badInput } from './problems.ts';
import { seenAnswer } from './seen-answer.ts';
import type { SimulatorCalls } from './simulator-calls.ts';
import { stories } from './stories.ts';
import type { QuestionShown, SeenAnswer, TriedShown } from './try-shapes.ts';

/** Whose members are added. */
const USER = 'user-1';

/** What trying needs. */
export interface TryDeps {
  readonly api: ApiCalls;
  readonly simulator: SimulatorCalls;
}

/** The routes of the view *Try it*. */
export function tryRoutes({ api, simulator }: TryDeps): DataRoutes {
  /** Calls the API as a caller, and keeps what was answered, errors included. */
  const seen = async (call: ApiCall): Promise<SeenAnswer> => seenAnswer(call, await api.send(call));

  let lastNumber = 0;
  /** A new member at each click: MX allows five jobs of a member within two hours. */
  async function addedMember(scenario: string, jobSeconds: number | null): Promise<string> {
    const numbers = (await simulator.members()).map(({ id }) => Number(/^try-(\d+)$/.exec(id ?? '')?.[1] ?? 0));
    // Two clicks at the same time find the same members.
    lastNumber = Math.max(lastNumber, ...numbers) + 1;
    const name = `try-${lastNumber}`;
    await simulator.command('add-member', {
      user: USER,
      id: name,
      scenario,
      ...(jobSeconds === null ? {} : { jobSeconds }),
    });
    return name;
  }

  /** `userPresent`: the trigger says that the user is there to answer. */
  async function triggered(
    names: { readonly user: string; readonly member: string },
    userPresent: boolean,
  ): Promise<TriedShown> {
    const trigger = await seen({
      method: 'POST',
      path: `${memberPath(names)}/check_balance`,
      ...(userPresent ? { body: { user_present: true } } : {}),
    });
    return { ...names, trigger };
  }

  async function asksUser(scenario: string): Promise<boolean> {
    const found = (await simulator.scenarios()).find(({ name }) => name === scenario);
    return found?.kind === 'asks-the-user';
  }

  return {
    ...playRoutes(simulator),

    async 'POST /data/try/story'(input): Promise<TriedShown> {
      const story = stories.find(({ name }) => name === input['name']);
      if (story === undefined) throw badInput('There is no such story.');
      const member = await addedMember(story.scenario, story.jobSeconds);
      const tried = await triggered({ user: USER, member }, story.userPresent === true);
      if (story.mxGoesDown === true) {
        await simulator.command('add-fault', {
          ...{ how: { kind: 'status', status: 503, body: 'html' }, times: null },
          member: (await memberOf(simulator, member)).guid,
        });
      }
      return tried;
    },

    async 'POST /data/try/scenario'({ name, member }): Promise<TriedShown> {
      const scenario = (await simulator.scenarios()).find((one) => one.name === name);
      if (scenario === undefined) throw badInput('The simulator knows no such scenario.');
      const userPresent = scenario.kind === 'asks-the-user';
      if (member === null) {
        return triggered({ user: USER, member: await addedMember(scenario.name, null) }, userPresent);
      }
      const known = memberShown(await memberOf(simulator, member));
      await simulator.command('set-scenario', { member: known.guid, scenario: scenario.name });
      return triggered({ user: known.user, member: known.member }, userPresent);
    },

    async 'POST /data/try/refresh'({ member }): Promise<TriedShown> {
      const { user, member: name, scenario } = memberShown(await memberOf(simulator, member));
      return triggered({ user, member: name }, await asksUser(scenario));
    },

    async 'GET /data/try/seen'(input): Promise<readonly SeenAnswer[]> {
      const path = memberPath(namesIn(input));
      const paths = ['/refreshes', '/accounts', '/status'].map((rest) => `${path}${rest}`);
      return Promise.all(paths.map((each) => seen({ method: 'GET', path: each })));
    },

    async 'GET /data/try/question'(input): Promise<QuestionShown | null> {
      const { challenges } = await api.ask({ method: 'GET', path: `${memberPath(namesIn(input))}/challenges` });
      const [first] = Array.isArray(challenges) ? challenges : [];
      if (first === undefined || !isExactObject(first)) return null;
      return { guid: String(first['guid']), label: String(first['label'] ?? '') };
    },

    async 'POST /data/try/answer'(input): Promise<SeenAnswer> {
      const { guid, value } = input;
      if (typeof guid !== 'string' || typeof value !== 'string') throw badInput('An answer needs its question.');
      return seen({
        method: 'PUT',
        path: `${memberPath(namesIn(input))}/resume`,
        body: { member: { challenges: [{ guid, value }] } },
      });
    },
  };
}
