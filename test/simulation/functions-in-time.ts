/** Who calls which function when: callers, messages, ticks, sweeps and MX, as the stack wires them. */
import './environment.ts';
import { answerResume, answerTrigger } from '../../functions/check-balance.ts';
import { eraseDataRoutes } from '../../functions/erase-data.ts';
import { followUp } from '../../functions/follow-up.ts';
import { memberSchedule } from '../../functions/member-schedule.ts';
import { receiveWebhook } from '../../functions/mx-webhook.ts';
import type { Delivery as MxWebhook } from '../../infra/mx-simulator/outbox.ts';
import { createRandom, hashText } from '../../infra/mx-simulator/random.ts';
import { erasureIdOf } from '../../shared/clients/erasures-table.ts';
import { decodeFollowUp, decodeStartBatch, decodeSweepRest, type FollowUp } from '../../shared/clients/messages.ts';
import { type Instant, instantOf } from '../../shared/domain/instant.ts';
import type { MemberIdentifiers } from '../../shared/domain/mx.ts';
import { runSchedule } from '../../shared/domain/run-schedule.ts';
import { startDue } from '../../shared/domain/start-due.ts';
import { continueSweep, sweep } from '../../shared/domain/sweep.ts';
import { problemOf } from '../../shared/lambda/problem.ts';
import { asNamed } from '../../shared/lambda/refusal.ts';
import { textOf } from '../fakes/members-table.ts';
import type { FaultChooser } from './faults.ts';
import type { Ended, Invocation, Invocations } from './invocations.ts';
import { messageDelivery } from './message-delivery.ts';
import { overheard } from './mx-calls.ts';
import { type Action, correlationIdOf, type Plan } from './plan.ts';
import type { Scheduler } from './scheduler.ts';
import { checkAsked, checkJoined, checkProgress, checkSwept, watchedStarts } from './spot-checks.ts';
import { Violation } from './violation.ts';
import type { Truth } from './what-is-known.ts';
import { quietHours, timeouts, type World } from './world.ts';

/** What a caller was answered with 200 or 202. */
export interface Answer {
  readonly invocation: Invocation;
  readonly answeredAt: number;
  readonly refreshId: string;
  readonly member: string;
  readonly joined: boolean;
  readonly action: TriggerAction;
}

type ResumeAction = Extract<Action, { what: 'resume' }>;

/** What a resume asks for, as a trigger. */
const asTrigger = {
  what: 'trigger',
  names: 'guids',
  userPresent: true,
  wait: 0,
  callback: null,
  idempotencyKey: null,
} as const;

type TriggerAction = Extract<Action, { what: 'trigger' }>;

/** Calls of the functions of one history, and what they left for others to read. */
export interface FunctionsInTime {
  readonly answers: Answer[];
  /** Everything that ends up in a log or in a problem's body. */
  readonly written: string[];
  trigger(action: TriggerAction): void;
  /** A user answers the questions with these guids. */
  resume(action: Extract<Action, { what: 'resume' }>, questions: readonly string[]): void;
  /** A caller puts a member on the schedule, or takes it off. */
  enrol(action: Extract<Action, { what: 'enrol' }>): void;
  /** A caller has a person's data erased. */
  erase(action: Extract<Action, { what: 'erase' }>): void;
  /** MX calls; `answered` is told the status that it gets, null for none. */
  webhook(
    webhook: Pick<MxWebhook, 'id' | 'attempt' | 'type' | 'body'>,
    answered: (status: number | null) => void,
  ): void;
  tick(number: number): void;
  sweep(number: number): void;
  /** A message was put into a queue: it comes out of it when its time is there, mostly. */
  followUpPut(id: number): void;
  startPut(id: number): void;
  sweepPut(id: number): void;
  /** Nothing was learnt from a refresh, because of a fault or of a mistake in the code. */
  notLearnt(invocation: Invocation, error: unknown): void;
  /** The last message of the start queue is delivered once more, at once. */
  startAgain(): void;
}

/** Everything that the functions of one history stand on. */
export interface Stage {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly faults: FaultChooser;
  readonly invocations: Invocations;
  readonly world: World;
  readonly truth: Truth;
  /** Told of a promise that was found broken outside of any request. */
  broken(violation: Violation): void;
  /** Told of what belongs into the story. */
  told(line: string): void;
}

/** The host that callbacks may go to. */
const RECEIVER = 'receiver.example';

/** The functions of one history. */
export function functionsInTime(stage: Stage): FunctionsInTime {
  const { plan, scheduler, faults, invocations, world, truth, broken, told } = stage;
  const answers: Answer[] = [];
  const written: string[] = [];
  const { now } = scheduler;
  const telemetry = {
    about: () => {},
    log: (event: string, fields: object = {}) => void written.push(`${event} ${JSON.stringify(fields)}`),
    count: () => {},
    measure: () => {},
    flush: () => {},
  };

  /** As `shared/lambda/log.ts` writes it, and more: any text of an error could end up in a log. */
  function log(error: unknown): void {
    const { message, code, fate, details, cause } = asNamed(error);
    const because = cause instanceof Error ? `${cause.name} ${cause.message} ${cause.stack ?? ''}` : String(cause);
    written.push(JSON.stringify({ message, code, fate, details: { ...details, userMessage: undefined }, because }));
  }

  function logged(ended: Ended<unknown>, invocation: Invocation): void {
    if (ended.kind !== 'threw') return;
    log(ended.error);
    // Neither a failure with a name nor one that was made here: a mistake in the code, or in this simulation.
    if (isSimulated(ended.error) || asNamed(ended.error).fate !== 'bug') return;
    broken(new Violation(0, `${invocation.id} threw ${String(ended.error)}`));
  }

  const reach = (invocation: Invocation, mxTimeoutMs = 5_000) =>
    world.reach(invocations, truth, invocation, mxTimeoutMs);
  const deliver = messageDelivery(plan.seed, scheduler, faults, invocations, logged, told);

  /** A look that books another one leaves in the claim whether MX answered it. */
  async function follow(invocation: Invocation, message: FollowUp): Promise<void> {
    const deps = reach(invocation);
    const { mx, answered } = overheard(deps.mx);
    let outcome: unknown = null;
    const report = {
      ...telemetry,
      log(event: string, fields: { readonly outcome?: unknown } = {}): void {
        telemetry.log(event, fields);
        ({ outcome } = fields);
      },
    };
    await followUp({ ...deps, mx }, report, message);
    if (message.kind !== 'look' || outcome !== 'looking_again') return;
    const violation = checkProgress(message, answered(), world.record(message.member)?.claim ?? null);
    if (violation !== null) broken(violation);
  }

  const followUps = {
    queue: world.followUps,
    role: 'follow-up',
    timeoutSeconds: timeouts['follow-up'],
    work(body: string) {
      const message = decodeFollowUp(body);
      return {
        about: message.kind === 'look' ? message.refreshId : message.kind,
        run: (invocation: Invocation) => follow(invocation, message),
      };
    },
  } as const;

  /** Probes whose POST was sent. */
  const probed = new Set<string>();
  let lastStart: string | null = null;
  const starts = {
    queue: world.starts,
    role: 'start-due',
    timeoutSeconds: timeouts['start-due'],
    work(body: string) {
      const batch = decodeStartBatch(body);
      lastStart = body;
      return {
        about: `due at ${batch.dueAt}`,
        async run(invocation: Invocation) {
          const { deps, isOver } = watchedStarts(stage, invocation, reach(invocation), probed);
          const report = (_enrolled: unknown, error: unknown): void => log(error);
          const counts = await startDue({ ...deps, accepted: () => {}, report }, batch);
          isOver(counts.accepted + counts.joined);
          return counts;
        },
      };
    },
  } as const;

  /** When sweeps began that were hit by a fault. */
  const disturbedSweeps = new Set<Instant>();
  const sweeps = {
    queue: world.sweeps,
    role: 'sweep',
    timeoutSeconds: timeouts.sweep,
    work(body: string) {
      const rest = decodeSweepRest(body);
      return {
        about: `the rest of part ${rest.shard}`,
        async run(invocation: Invocation) {
          const { handed_on, dropped } = await continueSweep(reach(invocation), rest, (_key, error) => log(error));
          if (invocation.hit) disturbedSweeps.add(rest.begunAt);
          if (handed_on + dropped === 0 && !disturbedSweeps.has(rest.begunAt))
            checkSwept(stage, rest.begunAt, rest.shard);
        },
      };
    },
  } as const;

  const isMissed = (what: string): boolean =>
    faults.passive(what, createRandom(hashText(what, plan.seed)), ['tick missed'], now()) !== null;

  function trigger(action: TriggerAction): void {
    const member = world.members[action.member];
    if (member === undefined) return;
    const { userId, memberId, key } = member;
    const user = action.names === 'guids' ? key.userGuid : userId;
    const identifier = action.names === 'own ids' ? memberId : key.memberGuid;
    const asked: string[] = [];
    const run = (invocation: Invocation) => {
      const deps = reach(invocation, 4_000);
      const readMember = (identifiers: MemberIdentifiers) => {
        asked.push(identifiers.memberIdentifier);
        return deps.mx.readMember(identifiers);
      };
      return answerTrigger(
        {
          ...deps,
          mx: { ...deps.mx, readMember },
          defaultScheduleHours: plan.defaultScheduleHours,
          scheduleShards: 1,
          staleAfterSeconds: 86_400,
          waitersAtOnce: 2,
          callbackRules: { hosts: [RECEIVER], loopback: false },
          callbacksPerCaller: 4,
          allowanceStartsPerCaller: 4,
          iamTriggerReads: true,
          count: () => {},
        },
        {
          method: 'POST',
          routeKey: 'POST check_balance',
          path: `/users/${user}/members/${identifier}/check_balance`,
          parameters: { user_identifier: user, member_identifier: identifier },
          query: {},
          headers: action.idempotencyKey === null ? {} : { 'idempotency-key': action.idempotencyKey },
          body: {
            ...(action.userPresent ? { user_present: true } : {}),
            ...(action.wait > 0 ? { wait: action.wait } : {}),
            ...(action.callback === null ? {} : { callback_url: `https://${RECEIVER}/${action.callback}` }),
          },
          arrivedAt: instantOf(now()),
          correlationId: correlationIdOf(action),
          caller: 'a-caller',
          rights: null,
        },
      );
    };
    invocations.start('trigger', action.key, timeouts.trigger, run, (ended, invocation) => {
      logged(ended, invocation);
      if (ended.kind === 'threw') {
        const named = asNamed(ended.error);
        written.push(problemOf(named).body);
        const isRepeated = action.idempotencyKey !== null;
        if (asked.length === 0 && !isSimulated(ended.error))
          checkAsked(stage, invocation, { code: named.code, member: key, isRepeated });
      }
      // A problem can be an answer as well: the one that a repeated request got the first time.
      if (ended.kind !== 'returned' || ended.value.status >= 300) return;
      const { headers = {}, text, body } = ended.value;
      const [, refreshId = ''] = headers['location']?.split('/refreshes/') ?? [];
      // Waited for a member that was deleted meanwhile: there is nothing to tell.
      if (refreshId === '' && truth.deletedAt.has(textOf(key))) return;
      const joined = (text ?? JSON.stringify(body ?? {})).includes('"joined":true');
      const answer = { invocation, answeredAt: now(), refreshId, member: textOf(key), joined, action };
      answers.push(answer);
      checkJoined(stage, { refreshId, userPresent: action.userPresent }, world.record(key)?.claim ?? null);
    });
  }

  function resume({ key: name, member: index, answer }: ResumeAction, questions: readonly string[]): void {
    const member = world.members[index];
    if (member === undefined) return;
    const { userGuid: user_identifier, memberGuid: member_identifier } = member.key;
    // Late: to a question that is over.
    const guids = questions.length === 0 ? ['CRD-late'] : questions;
    const run = (invocation: Invocation) =>
      answerResume(
        { ...reach(invocation, 4_000), count: () => {} },
        {
          method: 'PUT',
          routeKey: 'PUT resume',
          path: `/users/${user_identifier}/members/${member_identifier}/resume`,
          parameters: { user_identifier, member_identifier },
          query: {},
          headers: {},
          body: { member: { challenges: guids.map((guid) => ({ guid, value: answer })) } },
          arrivedAt: instantOf(now()),
          correlationId: correlationIdOf({ ...asTrigger, key: name, at: 0, member: index }),
          caller: 'a-caller',
          rights: null,
        },
      );
    invocations.start('resume', name, timeouts.resume, run, (ended, invocation) => {
      logged(ended, invocation);
      if (ended.kind === 'threw') written.push(problemOf(asNamed(ended.error)).body);
      if (ended.kind !== 'returned') return;
      const { headers = {}, body } = ended.value;
      const [, refreshId = ''] = headers['location']?.split('/refreshes/') ?? [];
      const text = JSON.stringify(body);
      written.push(text);
      const joined = text.includes('"joined":true');
      const action = { ...asTrigger, key: name, at: 0, member: index };
      answers.push({ invocation, answeredAt: now(), refreshId, member: textOf(member.key), joined, action });
      checkJoined(stage, { refreshId, userPresent: true }, world.record(member.key)?.claim ?? null);
    });
  }

  return {
    answers,
    written,
    trigger,
    resume,

    enrol({ key, member: index, every }) {
      const member = world.members[index];
      if (member === undefined) return;
      const { userGuid, memberGuid } = member.key;
      const method = every === null ? 'DELETE' : 'PUT';
      const wishes = plan.hasQuietHours ? { quiet_hours: quietHours, time_zone: 'UTC' } : {};
      const run = (invocation: Invocation) =>
        memberSchedule(
          { ...reach(invocation), shards: 1, scheduleChangesPerCaller: 6, minScheduleHours: 1 },
          {
            method,
            routeKey: `${method} schedule`,
            path: `/users/${userGuid}/members/${memberGuid}/schedule`,
            parameters: { user_identifier: userGuid, member_identifier: memberGuid },
            query: {},
            headers: {},
            body: every === null ? null : { every, ...wishes },
            arrivedAt: instantOf(now()),
            correlationId: null,
            caller: 'a-caller',
            rights: null,
          },
        );
      invocations.start('member-schedule', key, timeouts['member-schedule'], run, logged);
    },

    erase({ key, member: index, scope, atMx, names }) {
      const member = world.members[index];
      if (member === undefined) return;
      const user = names === 'guids' ? member.key.userGuid : member.userId;
      const identifier = names === 'guids' ? member.key.memberGuid : member.memberId;
      const ofMember = scope === 'member' ? { member_identifier: identifier } : {};
      const run = (invocation: Invocation) => {
        const deps = reach(invocation);
        const resolveUser = async (name: string): Promise<string | null> =>
          name.startsWith('USR-') ? name : (world.table.aliases.get(`ALIAS#${name}/USER`) ?? null);
        return eraseDataRoutes(
          { ...deps, resolveUser, erasureIdOf, log: telemetry.log },
          {
            method: 'DELETE',
            routeKey: 'DELETE data',
            path: `/users/${user}${scope === 'member' ? `/members/${identifier}` : ''}/data`,
            parameters: { user_identifier: user, ...ofMember },
            query: { at_mx: atMx },
            headers: {},
            body: undefined,
            arrivedAt: instantOf(now()),
            correlationId: null,
            caller: 'a-caller',
            rights: null,
          },
        );
      };
      invocations.start('erase-data', key, timeouts['erase-data'], run, (ended, invocation) => {
        logged(ended, invocation);
      });
    },

    followUpPut: (id) => deliver(followUps, id),
    startPut: (id) => deliver(starts, id),
    sweepPut: (id) => deliver(sweeps, id),
    notLearnt: (invocation, error) => logged({ kind: 'threw', error }, invocation),

    startAgain() {
      if (lastStart === null) return;
      const { about, run } = starts.work(lastStart);
      invocations.start(starts.role, about, starts.timeoutSeconds, run, logged);
    },

    webhook({ id, attempt, type, body }, answered) {
      const key = `webhook ${id}.${attempt}`;
      const random = createRandom(hashText(key, plan.seed));
      const hit = faults.passive(key, random, ['webhook lost', 'webhook doubled', 'webhook late'], now());
      if (hit !== null) told(`${hit.kind}   [${key}]`);
      if (hit?.kind === 'webhook lost') {
        answered(204);
        return;
      }
      const run = (invocation: Invocation) => {
        const { webhooks, now: clock } = reach(invocation);
        return receiveWebhook({ webhooks, telemetry, now: clock }, JSON.parse(body));
      };
      const call = (then: (status: number | null) => void): void =>
        invocations.start('webhook', type, timeouts.webhook, run, (ended, invocation) => {
          logged(ended, invocation);
          then(ended.kind === 'returned' ? ended.value.status : null);
        });
      scheduler.at(now() + (hit?.kind === 'webhook late' ? hit.amount * 60_000 : 100), () => call(answered));
      if (hit?.kind === 'webhook doubled') scheduler.at(now() + hit.amount * 3_000, () => call(() => {}));
    },

    tick(number) {
      if (isMissed(`tick ${number}`)) return;
      const run = (invocation: Invocation) =>
        runSchedule({ ...reach(invocation), shards: 1, startsPerSecond: plan.startsPerSecond });
      invocations.start('tick', 'a minute', timeouts.tick, run, logged);
    },

    sweep(number) {
      if (isMissed(`sweep ${number}`)) return;
      const run = (invocation: Invocation) =>
        sweep(reach(invocation), (_key, error) => log(error), plan.sweepsTogetherSeconds);
      invocations.start('sweep', 'a minute', timeouts.sweep, run, (ended, invocation) => {
        logged(ended, invocation);
        const begunAt = instantOf(invocation.startedAt);
        if (ended.kind !== 'returned' || invocation.hit) disturbedSweeps.add(begunAt);
        else if (ended.value.handed_on === 0) checkSwept(stage, begunAt, null);
      });
    },
  };
}

const isSimulated = (error: unknown): boolean =>
  error instanceof Error && (error.message.startsWith('simulated: ') || isSimulated(error.cause));
