import { Duration } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IDestination, IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { ScheduleTargetBase, type ScheduleTargetBaseProps } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import { acknowledge } from './acknowledged-finding.ts';
import { type Alarms, sum } from './alarms.ts';
import type { ServiceFunction } from './service-function.ts';
import type { DeadLetterQueue } from './work-queue.ts';

/** The function that is called every minute, and the texts and queues for minutes that fail. */
export interface MinuteTickProps {
  readonly alarms: Alarms;
  readonly fn: ServiceFunction<FunctionName>;
  /** Gets the minutes that could not be delivered, or whose invocation failed three times. */
  readonly deadLetters: DeadLetterQueue;
  readonly whenItStops: string;
  /** Whether users are hurt then. */
  readonly hurtsUsers: boolean;
}

/** Calls a function once a minute, on the minute. */
export class MinuteTick extends Construct {
  /** What the scheduler calls the function as. The CDK puts it beside the service, directly into the stack. */
  readonly role: IRole;

  constructor(scope: Construct, id: string, { alarms, fn, deadLetters, whenItStops, hurtsUsers }: MinuteTickProps) {
    super(scope, id);
    // A minute more than five minutes old is dropped: the minutes after it have done its work.
    const maxEventAge = Duration.minutes(5);
    const target = new InvokeLatest(fn.fn, { deadLetterQueue: deadLetters.queue, maxEventAge, retryAttempts: 3 });
    new Schedule(this, 'Schedule', {
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      timeWindow: TimeWindow.off(),
      target,
    });
    this.role = target.role;
    // The scheduler only hands the minute over to Lambda. Of a function that fails, Lambda repeats the invocation twice.
    fn.fn.configureAsyncInvoke({ maxEventAge, retryAttempts: 2, onFailure: setAsideIn(deadLetters.queue) });
    fn.keyUses.add('sendMessages');
    acknowledge(
      fn.fn,
      'Serverless-LambdaDLQ',
      'Its failed invocations go to a queue by their destination (OnFailure), which takes the place of a dead-letter target.',
    );
    alarms.raise(this, 'Stopped', {
      metric: fn.fn.metricInvocations(sum),
      below: 1,
      whenItFails: whenItStops,
      runbook: fn.functionName,
      hurtsUsers,
    });
  }
}

/** Lambda sends what failed for good to the queue. The CDK's own destination may read the queue's attributes besides. */
const setAsideIn = (queue: IQueue): IDestination => ({
  bind(_scope, fn) {
    queue.grant(fn, 'sqs:SendMessage');
    return { destination: queue.queueArn };
  },
});

/** Invokes a function as it is deployed now. The CDK's own target may invoke every version and alias of it besides. */
class InvokeLatest extends ScheduleTargetBase {
  readonly #fn: IFunction;
  #role: IRole | undefined;

  constructor(fn: IFunction, props: ScheduleTargetBaseProps) {
    super(props, fn.functionArn);
    this.#fn = fn;
  }

  /** The role that a schedule calls it as. @throws Error before a schedule has this target. */
  get role(): IRole {
    if (this.#role === undefined) throw new Error('no schedule has this target yet');
    return this.#role;
  }

  protected addTargetActionToRole(role: IRole): void {
    this.#role = role;
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.#fn.functionArn] }),
    );
  }
}
