/** What a history is about, drawn from its seed: the member, MX's behaviour, who asks when, and what else happens. */
import { createRandom, type Random } from '../../infra/mx-simulator/random.ts';
import { namedScenario, type Scenario, scenarioNames } from '../../infra/mx-simulator/scenarios.ts';
import type { EveryHours } from '../../shared/domain/every-hours.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import { drawProfile, type FaultProfile } from './faults.ts';
import { drawPauses, type PlannedPause } from './pauses.ts';

/** Something that happens at an instant, seconds after the beginning. Its key lets a shorter story do without it. */
export type Action = { readonly key: string; readonly at: number } & (
  | {
      readonly what: 'trigger';
      readonly member: number;
      readonly names: 'guids' | 'own ids' | 'mixed';
      readonly userPresent: boolean;
      /** Seconds that the caller waits for the end. */
      readonly wait: number;
      /** Where it wants to be told; null: nowhere. */
      readonly callback: string | null;
      readonly idempotencyKey: string | null;
    }
  | { readonly what: 'answer the challenge'; readonly member: number; readonly answer: string }
  /** The user's answer to what MX asks then, through this service; to nothing when MX asks nothing. */
  | { readonly what: 'resume'; readonly member: number; readonly answer: string }
  /** Puts the member on the schedule, or takes it off with null. */
  | { readonly what: 'enrol'; readonly member: number; readonly every: EveryHours | null }
  | { readonly what: 'repair'; readonly member: number }
  /** From now on MX refuses the POST, because the institution has no balance checks, or takes it again: of every member. */
  | { readonly what: 'balance checks'; readonly member: number; readonly offered: boolean }
  /** From now on jobs fail for the bank's reasons, or end well again: those of every member. */
  | { readonly what: 'bank'; readonly member: number; readonly works: boolean }
  | { readonly what: 'move a balance'; readonly member: number; readonly balance: string }
  | { readonly what: 'drop an account'; readonly member: number }
  | { readonly what: 'add an account'; readonly member: number }
  | { readonly what: 'relink'; readonly member: number }
  | { readonly what: 'delete'; readonly member: number; readonly whileStoring: boolean }
  /** MX says `times` that the member was deleted, whether or not it was. */
  | { readonly what: 'tell of a deletion'; readonly member: number; readonly times: number }
  | { readonly what: 'mx down'; readonly until: number }
  /** A caller has everything of the member, or of its user, erased; at MX too, or not. */
  | {
      readonly what: 'erase';
      readonly member: number;
      readonly scope: 'member' | 'user';
      readonly atMx: 'false' | 'true' | 'user';
      readonly names: 'guids' | 'own ids';
    }
);

/** What the caller calls its trigger; half of them say nothing. */
export const correlationIdOf = ({ key }: Action): string | null => (key.length % 2 === 0 ? key : null);

/** A member of a history. */
export interface PlannedMember {
  readonly scenarioName: string;
  readonly scenario: Scenario;
  /** Whose it is; without it the first user's. */
  readonly user?: 2;
  readonly isNew: boolean;
  /** Known to this service from the start. */
  readonly isKnown: boolean;
  readonly jobSeconds: number;
  readonly balances: readonly string[];
  /** On the schedule, hourly. */
  readonly isScheduled: boolean;
}

/** A history before it happens. */
export interface Plan {
  readonly seed: number;
  readonly policy: Policy;
  readonly members: readonly PlannedMember[];
  readonly actions: readonly Action[];
  readonly wholeSeconds: boolean;
  /** How far MX's clock is ahead of ours; negative: behind. */
  readonly clockAheadSeconds: number;
  readonly balanceJobsMoveSuccess: boolean;
  readonly noError: 'object' | 'null' | 'missing';
  readonly backgroundEverySeconds: number;
  readonly indexLagSeconds: number;
  /** How long a sweep works on all parts of the index by itself; 0: it hands on what is left after the first claims. */
  readonly sweepsTogetherSeconds: number;
  readonly defaultScheduleHours: number;
  readonly hasSchedule: boolean;
  /** The last message of the start queue comes again when a scheduled refresh has ended and is not yet released. */
  readonly doublesStarts: boolean;
  /** The ceiling on unattended starts. */
  readonly startsPerSecond: number;
  /** Whether members on the schedule have quiet hours. */
  readonly hasQuietHours: boolean;
  /** From when on nothing can be sent to the bus or to a queue, for ten minutes; null: never. */
  readonly messagingDown: { readonly key: string; readonly at: number } | null;
  /** When nothing can be put into the history; null: it always can. */
  readonly historyDown: { readonly key: string; readonly at: number; readonly until: number } | null;
  /** The setting; null for off. */
  readonly webhooksOf: 'known' | 'all' | null;
  readonly faults: FaultProfile;
  readonly pauses: readonly PlannedPause[];
  /** How long functions use what they have read of the pauses. */
  readonly pausesKnownSeconds: number;
  /** Nothing in it but one member's plain triggers: how it ends is known beforehand. */
  readonly isPlain: boolean;
}

const names = scenarioNames();

/** Part of every amount and account number of every history, and of nothing else: it must not turn up in a log. */
export const secretDigits = '80862093';

function drawScenario(random: Random, isScheduled: boolean): { scenarioName: string; scenario: Scenario } {
  const scenarioName = random.chance(0.4)
    ? (['ok', 'moving', 'flag-lags', 'conflict', 'instant', 'challenged'][random.integer(6)] ?? 'ok')
    : (names[random.integer(names.length)] ?? 'ok');
  const scenario = namedScenario(scenarioName);
  if (scenario === undefined) throw new Error(`there is no scenario ${scenarioName}`);
  if (!random.chance(isScheduled ? 0.5 : 0.25)) return { scenarioName, scenario };
  // What MX showed before, and how it starts jobs, mixed at random, for combinations without a test of their own.
  const before = ['CONNECTED', 'DENIED', 'FAILED', 'CHALLENGED', 'CREATED', 'LOCKED', 'EXPIRED'][random.integer(7)];
  const mixed: Scenario = {
    ...scenario,
    before: { status: before ?? 'CONNECTED', errorCode: before === 'DENIED' ? 2005 : null },
    ...(random.chance(0.3) ? { startsNothing: true } : {}),
    ...(random.chance(0.3) ? { lag: { answers: 1 + random.integer(4), of: 'flag' as const } } : {}),
    ...(random.chance(0.2) ? { keepsJobGuid: true } : {}),
  };
  return { scenarioName: `${scenarioName}, mixed`, scenario: mixed };
}

/** Another stream than the rest of the plan: what these draws add leaves every other history as it was. */
function withPartialImports(member: PlannedMember, random: Random): PlannedMember {
  const imports = ([undefined, undefined, 'not-the-last', 'in-turn', 'nothing'] as const)[random.integer(5)];
  return imports === undefined ? member : { ...member, scenario: { ...member.scenario, imports } };
}

function drawMember(random: Random, deadlineSeconds: number, isScheduled: boolean): PlannedMember {
  const amounts = Array.from({ length: 1 + random.integer(3) }, () => drawBalance(random));
  const jobs = [0.5, 3, 5, 8, 12, 20, 40, deadlineSeconds];
  return {
    ...drawScenario(random, isScheduled),
    isNew: random.chance(0.1),
    isKnown: isScheduled || random.chance(0.5),
    jobSeconds: (jobs[random.integer(jobs.length)] ?? 8) * (0.5 + random.next()),
    balances: amounts,
    isScheduled,
  };
}

function drawBalance(random: Random): string {
  const cents = String(random.integer(100)).padStart(2, '0');
  const digits = `${1 + random.integer(9)}${secretDigits}${random.integer(1000)}`;
  return (
    [
      `${digits}.${cents}`,
      `-${digits}.${cents}`,
      `${digits}123456789012345678901234.${cents}`,
      `${digits}e2`,
      `0.0${digits}`,
    ][random.integer(5)] ?? digits
  );
}

/** A caller asks for a member that was deleted, while MX is away and cannot say so. */
function addLateTrigger(random: Random, deletedAt: number, member: number, add: (action: Action) => void): void {
  if (!random.chance(0.4)) return;
  const at = deletedAt + 5 + random.next() * 60;
  add({ key: 'outage after the deletion', what: 'mx down', at: at - 1, until: at + 10 });
  const plain = { names: 'guids', userPresent: false, wait: 0, callback: null, idempotencyKey: null } as const;
  add({ key: 'trigger after the deletion', what: 'trigger', at, member, ...plain });
}

/** A bank that goes down and comes back, and callers who ask all the while. */
function addBankOutage(random: Random, members: number, add: (action: Action) => void): void {
  if (!random.chance(0.15)) return;
  const up = 60 + random.next() * 60;
  add({ key: 'bank-down', what: 'bank', at: 0, member: 0, works: false });
  add({ key: 'bank-up', what: 'bank', at: up, member: 0, works: true });
  const plain = { names: 'guids', userPresent: false, wait: 0, callback: null, idempotencyKey: null } as const;
  for (const [index, at] of [1, 22, up + 15].entries()) {
    add({
      key: `bank-${index}`,
      what: 'trigger',
      at: at + random.next() * 3,
      member: random.integer(members),
      ...plain,
    });
  }
}

/** An institution without balance checks, which may have some later, and callers who ask for members of one user or two. */
function withoutBalanceChecks(
  random: Random,
  members: PlannedMember[],
  add: (action: Action) => void,
  drawn: () => PlannedMember,
): void {
  if (!random.chance(0.08)) return;
  const [first, second = drawn()] = members;
  if (first === undefined) return;
  members[1] = random.chance(0.7) ? { ...second, user: 2 } : second;
  add({ key: 'checks-off', what: 'balance checks', at: 0, member: 0, offered: false });
  const back = 45 + random.next() * 90;
  if (random.chance(0.7)) add({ key: 'checks-on', what: 'balance checks', at: back, member: 0, offered: true });
  const plain = { names: 'guids', userPresent: false, wait: 0, callback: null, idempotencyKey: null } as const;
  for (const [index, at] of [1, 12, 24, back + 15].entries()) {
    add({ key: `checks-${index}`, what: 'trigger', at: at + random.next() * 3, member: index % 2, ...plain });
  }
}

/**
 * Everything of a member or of the user is erased, and asked for again; meanwhile callers ask for it, and for a member
 * that was never met.
 */
function addErasing(
  random: Random,
  { members, at }: { readonly members: PlannedMember[]; readonly at: number },
  add: (action: Action) => void,
): void {
  if (!random.chance(0.06)) return;
  members.push({ ...drawMember(random, 120, false), isKnown: false });
  const scope = random.chance(0.6) ? 'user' : 'member';
  const asked = {
    what: 'erase',
    member: 0,
    scope,
    atMx: (['false', 'true', scope === 'user' ? 'user' : 'false'] as const)[random.integer(3)] ?? 'false',
    names: random.chance(0.5) ? 'guids' : 'own ids',
  } as const;
  add({ ...asked, key: 'erase-0', at });
  if (random.chance(0.5)) add({ ...asked, key: 'erase-1', at: at + random.next() * 60 });
  const plain = {
    names: 'own ids',
    userPresent: false,
    wait: 0,
    callback: 'callback-0',
    idempotencyKey: null,
  } as const;
  for (const [index, after] of [-8, -1, 0.2, 2, 40].entries()) {
    const whose = random.chance(0.5) ? 0 : members.length - 1;
    const when = Math.max(0, at + after + random.next());
    add({ key: `erasing-${index}`, what: 'trigger', at: when, member: whose, ...plain });
  }
}

/**
 * An account whose balance moves again and again, and callers who ask after each move.
 *
 * @returns while the history's table cannot be written; null: it always can.
 */
function addMoves(random: Random, members: number, add: (action: Action) => void): Plan['historyDown'] {
  if (!random.chance(0.05)) return null;
  const member = random.integer(members);
  const plain = { names: 'guids', userPresent: false, wait: 0, callback: null, idempotencyKey: null } as const;
  for (let index = 0; index < 3 + random.integer(2); index += 1) {
    const at = index * 45 + random.next() * 10;
    add({ key: `move-${index}`, what: 'move a balance', at, member, balance: drawBalance(random) });
    add({ key: `moved-${index}`, what: 'trigger', at: at + random.next() * 3, member, ...plain });
  }
  const at = random.next() * 90;
  return random.chance(0.5) ? { key: 'history', at, until: at + 30 + random.next() * 120 } : null;
}

/** The plan of the history with this seed. */
export function planHistory(seed: number, start: number): Plan {
  const random = createRandom(seed, 'plan');
  const extra = createRandom(seed, 'twins');
  const deadlineSeconds = [60, 120, 600][random.integer(3)] ?? 600;
  const isLong = random.chance(0.06);
  const hasSchedule = random.chance(0.25);
  const imports = createRandom(seed, 'imports');
  const members = Array.from({ length: random.chance(0.1) ? 2 : 1 }, () =>
    withPartialImports(drawMember(random, deadlineSeconds, hasSchedule && random.chance(0.8)), imports),
  );
  const span = isLong ? 1.5 * 3600 : random.chance(0.3) ? 2 * deadlineSeconds : 30;
  const actions: Action[] = [];
  const add = (action: Action): void => void actions.push(action);
  const member = (): number => random.integer(members.length);
  // Some members are refreshed by the schedule alone.
  const triggers = isLong ? 8 : hasSchedule && random.chance(0.5) ? 0 : 1 + random.integer(5);
  let last = 0;
  for (let index = 0; index < triggers; index += 1) {
    // Half of them come at the same moment as the one before.
    const at = index > 0 && random.chance(0.5) ? last + random.next() * 0.3 : random.next() * span;
    last = at;
    const action: Action = {
      key: `trigger-${index}`,
      what: 'trigger',
      at,
      member: member(),
      names: (['guids', 'own ids', 'mixed'] as const)[random.integer(3)] ?? 'guids',
      userPresent: random.chance(0.25),
      wait: random.chance(0.1) ? 1 + random.integer(25) : 0,
      callback: random.chance(0.3) ? `callback-${random.integer(2)}` : null,
      idempotencyKey: random.chance(0.15) ? `key-${index}` : null,
    };
    add(action);
    // A caller that got no answer in time, or thinks so, and asks once more.
    if (action.idempotencyKey !== null) add({ ...action, key: `${action.key}-again`, at: at + random.next() * 40 });
  }
  if (random.chance(0.3)) {
    const answer = random.chance(0.7) ? 'correct' : 'wrong';
    add({ key: 'answer', what: 'answer the challenge', at: 5 + random.next() * 40, member: member(), answer });
  }
  if (random.chance(0.1)) add({ key: 'repair', what: 'repair', at: random.next() * span, member: member() });
  if (random.chance(0.2)) {
    const balance = drawBalance(random);
    add({ key: 'balance', what: 'move a balance', at: random.next() * (span + 30), member: member(), balance });
  }
  if (random.chance(0.05)) add({ key: 'drop', what: 'drop an account', at: random.next() * span, member: member() });
  if (random.chance(0.05)) add({ key: 'add', what: 'add an account', at: random.next() * span, member: member() });
  if (imports.chance(0.05)) {
    add({ key: 'relink', what: 'relink', at: imports.next() * span, member: imports.integer(members.length) });
  }
  if (random.chance(0.1)) {
    const at = last + 4 + random.next() * 16;
    const deletion = { member: member(), whileStoring: random.chance(0.5) };
    add({ key: 'delete', what: 'delete', at, ...deletion });
    addLateTrigger(createRandom(seed, 'after a deletion'), at, deletion.member, add);
  }
  if (random.chance(hasSchedule ? 0.4 : 0.15)) {
    // Every other time over the minute in which scheduled members are due.
    const at = hasSchedule && random.chance(0.5) ? 30 + random.next() * 10 : random.next() * span;
    add({ key: 'outage', what: 'mx down', at, until: at + random.next() * 1.5 * deadlineSeconds });
  }
  if (extra.chance(0.15)) {
    const at = last + extra.next() * 20;
    add({
      key: 'told',
      what: 'tell of a deletion',
      at,
      member: extra.integer(members.length),
      times: 1 + extra.integer(8),
    });
  }
  if (extra.chance(0.2)) {
    // Several at the same moment, now and then in the minute in which scheduled members are due.
    const at = hasSchedule && extra.chance(0.5) ? 38 + extra.next() * 8 : extra.next() * span;
    const whose = extra.integer(members.length);
    const wanted: readonly (EveryHours | null)[] = [1, 2, 24, null];
    for (let index = 0; index < 2 + extra.integer(7); index += 1) {
      const every = wanted[extra.integer(wanted.length)] ?? null;
      add({ key: `enrol-${index}`, what: 'enrol', at: at + extra.next() * 0.05, member: whose, every });
    }
  }
  const notices = createRandom(seed, 'notices');
  if (notices.chance(0.2)) {
    // More to be told than the end of the refresh has time for, and more of one caller than it may have.
    for (let index = 0; index < 2 + notices.integer(4); index += 1) {
      add({
        key: `told-${index}`,
        what: 'trigger',
        at: last + notices.next() * 3,
        member: 0,
        names: 'guids',
        userPresent: false,
        wait: 0,
        callback: `callback-${index}`,
        idempotencyKey: null,
      });
    }
  }
  const messagingDown = notices.chance(0.1) ? { key: 'messaging', at: last + notices.next() * 40 } : null;
  // Another stream again.
  const resumes = createRandom(seed, 'resumes');
  if (members.some(({ scenario }) => scenario.challenge !== undefined) && resumes.chance(0.7)) {
    const at = 3 + resumes.next() * 45;
    const action = {
      what: 'resume',
      member: resumes.integer(members.length),
      answer: ['correct', 'correct', 'challenge', `wrong ${secretDigits}`][resumes.integer(4)] ?? 'correct',
    } as const;
    add({ ...action, key: 'resume-0', at });
    // The next question, or the same answer once more: doubled, or late.
    if (resumes.chance(0.6)) add({ ...action, key: 'resume-1', at: at + resumes.next() * 0.3 });
    if (resumes.chance(0.4)) add({ ...action, answer: 'correct', key: 'resume-2', at: at + resumes.next() * 30 });
  }
  addBankOutage(createRandom(seed, 'bank'), members.length, add);
  const checks = createRandom(seed, 'balance checks');
  withoutBalanceChecks(checks, members, add, () => drawMember(checks, deadlineSeconds, hasSchedule));
  const historyDown = addMoves(createRandom(seed, 'moves'), members.length, add);
  const erasing = createRandom(seed, 'erasing');
  addErasing(erasing, { members, at: last + erasing.next() * 20 }, add);
  const faults = drawProfile(random, start + (span + random.next() * 1.2 * deadlineSeconds) * 1000);
  // A lag counted in answers would last for hours without reads: with jobs of MX's own it would not be a lag.
  const lags = members.some(({ scenario }) => scenario.lag?.of === 'everything');
  const triggered = actions.flatMap(({ what, at }) => (what === 'trigger' ? [at] : []));
  const pauses = drawPauses(seed, { deadlineSeconds, triggers: triggered });
  const backgroundEverySeconds = lags || !random.chance(0.3) ? 0 : (isLong ? 300 : 15) + random.integer(300);
  return {
    seed,
    policy: {
      deadlineSeconds,
      firstLookSeconds: 5,
      minLookGapSeconds: 3,
      maxLookGapSeconds: 60,
      graceSeconds: 30,
      graceLooks: 5,
      allowanceStarts: random.chance(0.6) ? 5 : 2,
      allowanceWindowSeconds: 7200,
    },
    members,
    actions,
    wholeSeconds: random.chance(0.7),
    clockAheadSeconds: [0, 0, 0, 2, 20, -20, 90, -90, 3_600][imports.integer(9)] ?? 0,
    balanceJobsMoveSuccess: random.chance(0.6),
    noError: (['object', 'null', 'missing'] as const)[random.integer(3)] ?? 'object',
    backgroundEverySeconds,
    indexLagSeconds: random.chance(0.5) ? 0 : random.next() * 2,
    sweepsTogetherSeconds: seed % 2 === 0 ? 0 : 10,
    defaultScheduleHours: random.chance(0.1) ? 1 : 0,
    hasSchedule,
    doublesStarts: extra.chance(0.3),
    // Not drawn: all that is drawn after it would be another.
    startsPerSecond: seed % 3 === 0 ? 1 : 100,
    hasQuietHours: seed % 4 === 0,
    messagingDown,
    historyDown,
    webhooksOf: random.chance(0.4) ? null : random.chance(0.7) ? 'known' : 'all',
    faults,
    pauses,
    pausesKnownSeconds: seed % 2 === 0 ? 15 : 0,
    isPlain:
      faults.rate === 0 &&
      backgroundEverySeconds === 0 &&
      !hasSchedule &&
      messagingDown === null &&
      pauses.length === 0 &&
      actions.every(({ what }) => what === 'trigger'),
  };
}
