/** Trying the service with the simulator: a bank of some way, a trigger there, and what callers see of it. */
import { isExactObject, parseExactJson } from '../../shared/domain/decimal.ts';
import { type ApiCall, type ApiCalls, memberPath } from './api-calls.ts';
import { type DataRoutes, namesIn } from './data-routes.ts';
import { exactLines } from './exact-lines.ts';
import { badInput } from './problems.ts';
import type { QuestionShown, SeenAnswer, StoryList, TriedShown } from './shapes.ts';
import type { SimulatorCalls } from './simulator-calls.ts';
import { type Story, stories } from './stories.ts';

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
  async function seen(call: ApiCall): Promise<SeenAnswer> {
    const { status, text } = await api.send(call);
    return { method: call.method, path: call.path, status, text: linesOf(text) };
  }

  let lastNumber = 0;
  /** A new member at each click: MX allows five jobs of a member within two hours. */
  async function addedMember({ scenario, jobSeconds }: Story): Promise<string> {
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

  return {
    async 'GET /data/try'(): Promise<StoryList> {
      return { stories: stories.map(({ name, title, text }) => ({ name, title, text })) };
    },

    async 'POST /data/try/story'(input): Promise<TriedShown> {
      const story = stories.find(({ name }) => name === input['name']);
      if (story === undefined) throw badInput('There is no such story.');
      const member = await addedMember(story);
      const trigger = await seen({
        method: 'POST',
        path: `${memberPath({ user: USER, member })}/check_balance`,
        ...(story.userPresent === true ? { body: { user_present: true } } : {}),
      });
      if (story.mxGoesDown === true) {
        await simulator.command('add-fault', { how: { kind: 'status', status: 503 }, member, times: null });
      }
      return { user: USER, member, trigger };
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

    async 'POST /data/try/mx-is-back'(): Promise<Record<string, never>> {
      await simulator.command('clear-faults', {});
      return {};
    },
  };
}

function linesOf(text: string): string {
  try {
    return text === '' ? '' : exactLines(parseExactJson(text));
  } catch {
    return text;
  }
}
