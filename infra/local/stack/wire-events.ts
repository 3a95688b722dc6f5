import { randomUUID } from 'node:crypto';
import type { Blueprint, RunningResource } from './blueprint.ts';
import type { EventRule } from './event-bus.ts';
import { checkPattern } from './event-pattern.ts';
import type { ObservationFeed } from './observations.ts';
import type { Permissions } from './permissions.ts';
import type { Properties } from './properties.ts';
import { readRate, type ScheduleSpec } from './schedules.ts';
import type { HostOf } from './wire-functions.ts';

export interface EventWiring {
  readonly blueprint: Blueprint;
  readonly hostOf: HostOf;
  readonly permissions: Pick<Permissions, 'refusedInvocation'>;
  /** Sends one message for AWS itself; rejects when the queue refuses it. */
  readonly sendMessage: (queueUrl: string, body: string) => Promise<void>;
  readonly observations: ObservationFeed;
  readonly now: () => number;
}

interface Target {
  readonly deliver: (event: unknown) => Promise<void>;
  /** Deliveries that may run at the same time. */
  readonly maxOverlap: number;
  /** The function to log for, if it is one. */
  readonly function: string;
}

/** Every schedule of the template, of both kinds. A firing that fails is not repeated and uses no dead-letter queue. */
export function scheduleSpecs(wiring: EventWiring): readonly ScheduleSpec[] {
  const { blueprint } = wiring;
  const schedules = blueprint.ofType('AWS::Scheduler::Schedule').map((schedule) => {
    const target = schedule.properties.object('Target');
    return scheduleSpec(schedule, [{ target, properties: target }], wiring, 'aws.scheduler');
  });
  const rules = blueprint.ofType('AWS::Events::Rule').filter(({ properties }) => properties.has('ScheduleExpression'));
  return [
    ...schedules,
    ...rules.map((rule) => {
      const targets = rule.properties.objects('Targets').map((target) => ({ target, properties: target }));
      return scheduleSpec(rule, targets, wiring, 'aws.events');
    }),
  ];
}

/** Every rule of the template with an event pattern. */
export function eventRules(wiring: EventWiring): readonly EventRule[] {
  const rules = wiring.blueprint.ofType('AWS::Events::Rule').filter(({ properties }) => properties.has('EventPattern'));
  return rules.map(({ logicalId, properties }) => {
    const pattern = properties.raw('EventPattern');
    checkPattern(pattern, `AWS::Events::Rule ${logicalId}`);
    const targets = properties.objects('Targets').map((target) => readTarget(target, wiring));
    const bus = properties.optionalText('EventBusName') ?? 'default';
    const enabled = properties.optionalText('State') !== 'DISABLED';
    return {
      bus: bus.slice(bus.lastIndexOf('/') + 1),
      pattern,
      deliver: (event) => {
        for (const target of enabled ? targets : []) {
          target.deliver(event).catch((error: unknown) => {
            const line = `rule ${logicalId} could not deliver: ${String(error)}`;
            wiring.observations.emit('log', { function: target.function, stream: 'stderr', line });
          });
        }
      },
    };
  });
}

function scheduleSpec(
  { logicalId, properties, arn }: RunningResource,
  targetProperties: readonly { readonly target: Properties; readonly properties: Properties }[],
  wiring: EventWiring,
  source: 'aws.scheduler' | 'aws.events',
): ScheduleSpec {
  const { blueprint, observations } = wiring;
  const targets = targetProperties.map(({ target }) => ({
    ...readTarget(target, wiring),
    input: target.optionalText('Input'),
  }));
  const { account, region } = blueprint.place;
  return {
    logicalId,
    everyMs: readRate(properties.text('ScheduleExpression'), logicalId),
    enabled: properties.optionalText('State') !== 'DISABLED',
    maxOverlap: Math.max(1, ...targets.map(({ maxOverlap }) => maxOverlap)),
    onSkipped: (line) =>
      observations.emit('log', { function: targets[0]?.function ?? logicalId, stream: 'stderr', line }),
    async fire(scheduledAt) {
      const time = new Date(scheduledAt).toISOString().replace(/\.\d+Z$/, 'Z');
      // Scheduler's detail is text, a rule's is an object: so it is in AWS.
      const detail = source === 'aws.scheduler' ? '{}' : {};
      const event = { version: '0', id: randomUUID(), 'detail-type': 'Scheduled Event', source, account, time, region };
      const whole = { ...event, resources: [arn], detail };
      await Promise.all(
        targets.map(({ deliver, input }) => {
          const given: unknown =
            input === undefined ? whole : JSON.parse(input.replaceAll('<aws.scheduler.scheduled-time>', time));
          return deliver(given);
        }),
      );
    },
  };
}

/** Reads a target of a rule or a schedule: a function or a queue of the template. */
function readTarget(target: Properties, { blueprint, hostOf, permissions, sendMessage }: EventWiring): Target {
  for (const property of ['InputPath', 'InputTransformer', 'EcsParameters', 'SqsParameters']) {
    if (target.has(property)) throw target.fault(property, 'is not run locally; send the event as it is');
  }
  const arn = target.text('Arn');
  const resource = blueprint.named(arn);
  if (resource?.type === 'AWS::SQS::Queue') {
    return {
      deliver: (event) => sendMessage(resource.ref, JSON.stringify(event)),
      maxOverlap: 1,
      function: resource.logicalId,
    };
  }
  if (resource?.type !== 'AWS::Lambda::Function') {
    throw target.fault('Arn', `is ${arn}; the local stack delivers to functions and queues of this template only`);
  }
  const host = hostOf(arn, 'a target');
  // Only Scheduler calls functions with a role; a rule is allowed to by the function's own policy.
  const role = target.optionalText('RoleArn');
  const refusal = role === undefined ? undefined : permissions.refusedInvocation(role, resource.arn);
  if (refusal !== undefined) throw target.fault('RoleArn', `is of no use: ${refusal}`);
  return {
    deliver: async (event) => {
      await host.invoke(event);
    },
    maxOverlap: host.spec.maxWorkers,
    function: host.spec.logicalId,
  };
}
