import { describe, expect, it } from 'vitest';
import { at, everythingOn, listAt, type Resource, synthesize } from './synthesized.ts';

const stack = synthesize({ ...everythingOn, followUpConcurrency: 7, startConcurrency: 3 });
const queues = stack.ofType('AWS::SQS::Queue');
const deadLetterIdOf = (queue: Resource): unknown =>
  at(queue.Properties, 'RedrivePolicy', 'deadLetterTargetArn', 'Fn::GetAtt', 0);
const sources = stack.ofType('AWS::Lambda::EventSourceMapping');
const idOfArn = (arn: unknown): unknown => at(arn, 'Fn::GetAtt', 0);

describe('the queues', () => {
  it('keep what fails, except that of the minutes', () => {
    const watched = stack
      .ofType('AWS::CloudWatch::Alarm')
      .filter(({ Properties }) => at(Properties, 'MetricName') === 'ApproximateNumberOfMessagesVisible')
      .map(({ Properties }) => at(Properties, 'Dimensions', 0, 'Value', 'Fn::GetAtt', 0));
    for (const queue of queues) {
      const dead = deadLetterIdOf(queue);
      // What is in it is void when it is a minute old.
      if (queue.id.startsWith('Sweeps')) expect(dead).toBeUndefined();
      else if (dead === undefined) expect(watched, queue.id).toContain(queue.id);
      else
        expect(
          queues.map(({ id }) => id),
          queue.id,
        ).toContain(dead);
    }
  });

  it('hold dead letters longer than work', () => {
    expect(
      queues.map(({ id, Properties }) => [id.replace(/Queue.*/, ''), at(Properties, 'MessageRetentionPeriod')]),
    ).toEqual([
      ['FollowUpsDeadLetters', 14 * 86_400],
      ['FollowUps', 4 * 86_400],
      ['StartsDeadLetters', 14 * 86_400],
      ['Starts', 4 * 86_400],
      ['Sweeps', 60],
      ['CallbacksDeadLetters', 14 * 86_400],
      ['Callbacks', 4 * 86_400],
      ['TickDeadLetters', 14 * 86_400],
    ]);
  });

  it('refuse callers without TLS', () => {
    expect(stack.ofType('AWS::SQS::QueuePolicy')).toHaveLength(queues.length);
    for (const policy of stack.ofType('AWS::SQS::QueuePolicy')) {
      const [deny] = listAt(policy.Properties, 'PolicyDocument', 'Statement').filter(
        (statement) => at(statement, 'Effect') === 'Deny',
      );
      expect(at(deny, 'Condition', 'Bool', 'aws:SecureTransport'), policy.id).toBe('false');
    }
  });

  it('hide a message for six times the function’s timeout', () => {
    for (const source of sources) {
      const queue = queues.find(({ id }) => id === idOfArn(at(source.Properties, 'EventSourceArn')));
      const worker = stack.resources.find(({ id }) => id === at(source.Properties, 'FunctionName', 'Ref'));
      expect(at(queue?.Properties, 'VisibilityTimeout'), source.id).toBe(6 * Number(at(worker?.Properties, 'Timeout')));
    }
  });

  it('report single failures, and limit the calls of MX', () => {
    expect(
      sources.map(({ Properties }) => [
        at(Properties, 'BatchSize'),
        at(Properties, 'FunctionResponseTypes'),
        at(Properties, 'ScalingConfig', 'MaximumConcurrency'),
      ]),
    ).toEqual([
      [10, ['ReportBatchItemFailures'], 7],
      [10, ['ReportBatchItemFailures'], 5],
      [10, ['ReportBatchItemFailures'], 3],
      [1, undefined, 8],
    ]);
  });
});

describe('the ticks', () => {
  const schedules = stack.ofType('AWS::Scheduler::Schedule');

  it('come every minute to the schedule and the sweep', () => {
    const called = schedules.map(({ Properties }) => [
      at(Properties, 'ScheduleExpression'),
      at(Properties, 'FlexibleTimeWindow', 'Mode'),
      at(stack.resources.find(({ id }) => id === idOfArn(at(Properties, 'Target', 'Arn')))?.Properties, 'Description'),
    ]);
    expect(called).toEqual([
      ['rate(1 minute)', 'OFF', 'run-schedule'],
      ['rate(1 minute)', 'OFF', 'sweep'],
    ]);
  });

  it('become a dead letter, undelivered or failed', () => {
    const dead = 'TickDeadLettersQueue6FDF9A99';
    for (const { id, Properties } of schedules)
      expect(idOfArn(at(Properties, 'Target', 'DeadLetterConfig', 'Arn')), id).toBe(dead);
    const fates = stack.ofType('AWS::Lambda::EventInvokeConfig');
    expect(fates).toHaveLength(2);
    for (const { id, Properties } of fates)
      expect(idOfArn(at(Properties, 'DestinationConfig', 'OnFailure', 'Destination')), id).toBe(dead);
  });
});
