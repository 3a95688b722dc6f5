/** Scenarios and faults of the simulator by a click: what is on offer, what is on, and switching it on and off. */
import { isDeepStrictEqual } from 'node:util';
import type { DataRoutes, Input } from './data-routes.ts';
import {
  type PlayableFault,
  type PlayableSetting,
  playableChoices,
  playableEvents,
  playableFaults,
  playableWebhooks,
  type Settings,
} from './playable.ts';
import { badInput, ConsoleProblem } from './problems.ts';
import type { SimulatedFault, SimulatedMember, SimulatedScenario, SimulatorCalls } from './simulator-calls.ts';
import { stories } from './stories.ts';
import type { AskedShown, Offer, OfferGroup, OnShown, PlayedShown, SimulatedShown, TryList } from './try-shapes.ts';

/** So many members of the simulator are offered, the newest; `npm start` begins with about twenty. */
const MOST_MEMBERS = 200;

/** So many faults that are on are shown, the newest. */
const MOST_FAULTS = 50;

/** So many calls to MX are shown of a member, the newest. */
const MOST_CALLS = 40;

/** How many calls a fault hits, as the page asks; null: until it is taken back. */
const TIMES: readonly unknown[] = [1, 3, null];

const settings: readonly PlayableSetting[] = [...playableWebhooks, ...playableChoices];

/** The routes. */
export function playRoutes(simulator: SimulatorCalls): DataRoutes {
  return {
    async 'GET /data/try'(): Promise<TryList> {
      return {
        stories: stories.map(offer),
        scenarios: scenarioGroups(await simulator.scenarios()),
        faults: [
          { title: 'Calls to MX', offers: playableFaults.map(offer) },
          { title: 'Webhooks: MX’s messages that something has changed', offers: playableWebhooks.map(offer) },
          { title: 'Where MX’s documents leave a choice', offers: playableChoices.map(offer) },
        ],
        events: playableEvents.map(offer),
      };
    },

    async 'GET /data/try/on'(): Promise<PlayedShown> {
      const [faults, now] = await Promise.all([simulator.faults(), simulator.settings()]);
      const shown = await Promise.all(faults.slice(-MOST_FAULTS).map((fault) => faultShown(fault, simulator)));
      return { on: [...shown, ...settingsOn(now).map(settingShown)] };
    },

    async 'GET /data/try/members'(): Promise<readonly SimulatedShown[]> {
      return (await simulator.members()).slice(-MOST_MEMBERS).toReversed().map(memberShown);
    },

    async 'POST /data/try/fault'({ name, member, times }: Input): Promise<Record<string, never>> {
      const setting = settings.find((one) => one.name === name);
      if (setting !== undefined) {
        await simulator.command('set-settings', setting.on);
        return {};
      }
      const found = playableFaults.find((one) => one.name === name);
      if (found === undefined) throw badInput('There is no such fault.');
      if (!TIMES.includes(times))
        throw badInput('A fault hits the next call, the next three, or all: times is 1, 3 or null.');
      if (member === null) await simulator.command('add-fault', { ...found.fault, times });
      else {
        const { guid } = await memberOf(simulator, member);
        await simulator.command('add-fault', { ...found.fault, times, member: guid });
      }
      return {};
    },

    async 'POST /data/try/take-back'({ id }: Input): Promise<Record<string, never>> {
      if (id === ALL) {
        await simulator.command('clear-faults', {});
        for (const { off } of settingsOn(await simulator.settings())) await simulator.command('set-settings', off);
        return {};
      }
      const setting = settings.find(({ name }) => name === id);
      const [, fault] = (typeof id === 'string' && /^fault-([1-9]\d{0,8})$/.exec(id)) || [];
      if (setting !== undefined) await simulator.command('set-settings', setting.off);
      else if (fault !== undefined) await simulator.command('remove-fault', { id: Number(fault) });
      else throw badInput('There is nothing of this name to take back.');
      return {};
    },

    async 'POST /data/try/event'({ name, member }: Input): Promise<Record<string, never>> {
      const event = playableEvents.find((one) => one.name === name);
      if (event === undefined) throw badInput('There is no such event.');
      const { guid, accounts } = await memberOf(simulator, member);
      const [account] = accounts;
      if (event.needsAccount === true && account === undefined) throw badInput('This member has no account at MX.');
      await simulator.command(event.command, event.body({ member: guid, account: account?.guid ?? '' }));
      return {};
    },

    async 'GET /data/try/asked'({ member }: Input): Promise<readonly AskedShown[]> {
      const { guid } = await memberOf(simulator, member);
      const [calls, faults] = await Promise.all([simulator.calls(guid, MOST_CALLS), simulator.faults()]);
      const titles = new Map(faults.map((fault) => [fault.id, titleOf(fault)]));
      return calls.map(({ at, method, path, status, faultId }) => ({
        ...{ at: new Date(at).toISOString(), method, path, status },
        fault: faultId === null ? null : (titles.get(faultId) ?? 'a fault that is over'),
      }));
    },
  };
}

/** What takes everything back. */
const ALL = 'all';

const offer = ({ name, title, text }: Offer): Offer => ({ name, title, text });

/** A member by guid or own id. @throws ConsoleProblem when the simulator has none. */
export async function memberOf(simulator: SimulatorCalls, name: unknown): Promise<SimulatedMember> {
  const found = typeof name === 'string' ? await simulator.member(name) : null;
  if (found === null) {
    throw new ConsoleProblem({
      ...{ of: 'console', status: 404, code: 'member_not_simulated', retryAfter: null },
      sentence: 'The simulator has no such member, or has it no more.',
    });
  }
  return found;
}

/** As the API is asked for it. */
export const memberShown = ({ guid, id, userId, userGuid, scenario }: SimulatedMember): SimulatedShown => ({
  ...{ guid, scenario },
  user: userId ?? userGuid,
  member: id ?? guid,
});

/** By kind, in the order in which the simulator names the kinds’ first scenarios. */
function scenarioGroups(scenarios: readonly SimulatedScenario[]): readonly OfferGroup[] {
  return [...Map.groupBy(scenarios, ({ kind }) => kind)].map(([kind, those]) => ({
    title: kindTitles[kind] ?? kind,
    offers: those.map(({ name, description }) => ({ name, title: name, text: sentence(description) })),
  }));
}

const kindTitles: Readonly<Record<string, string>> = {
  'ends-well': 'The job ends well',
  'ends-otherwise': 'The job ends otherwise',
  'asks-the-user': 'The bank asks the user something',
  refuses: 'MX refuses to start a job',
  misleads: 'What MX shows misleads',
  'imports-in-part': 'Not every account is read anew',
  'another-job': 'MX runs a job of its own',
};

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const settingsOn = (now: Settings): readonly PlayableSetting[] => settings.filter(({ on }) => holds(now, on));

/** Whether all of `part` stands in `whole`. */
function holds(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part;
  return (
    typeof whole === 'object' &&
    whole !== null &&
    Object.entries(part).every(([name, value]) => holds(Reflect.get(whole, name), value))
  );
}

const settingShown = ({ name, title, text }: PlayableSetting): OnShown => ({
  ...{ title, text },
  id: name,
  member: null,
  left: null,
});

async function faultShown(fault: SimulatedFault, simulator: SimulatorCalls): Promise<OnShown> {
  const { id, left, member } = fault;
  const named = member === undefined ? null : await simulator.member(member);
  return {
    id: `fault-${id}`,
    title: titleOf(fault),
    text: offered(fault)?.text ?? JSON.stringify(fault),
    member: member === undefined ? null : (named?.id ?? member),
    left,
  };
}

const titleOf = (fault: SimulatedFault): string => offered(fault)?.title ?? 'A fault of your own';

/** Of the table; undefined: it was added by other means. */
function offered({ id: _, left: __, member: ___, times: ____, ...rest }: SimulatedFault): PlayableFault | undefined {
  return playableFaults.find(({ fault }) => isDeepStrictEqual(fault, rest));
}
