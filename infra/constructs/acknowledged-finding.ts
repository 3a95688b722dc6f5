import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A rule of cdk-nag's. What is before the hyphen is the pack that it belongs to. */
type RuleId = `${'AwsSolutions' | 'Serverless'}-${string}`;

/**
 * Says of one finding of cdk-nag's why the resource stays as it is. It is recorded by the CDK itself, so that neither
 * this service nor an app that embeds it needs cdk-nag; an app that runs cdk-nag has these findings answered.
 *
 * `npm run nag` writes all of them into docs/cdk-nag.md. A test says when one answers nothing.
 *
 * @param scope the resource, or the construct that holds it and nothing else that the rule is about.
 * @param rule such as `AwsSolutions-SQS3`; with the finding in brackets where the rule names several of a resource.
 * @param reason a whole sentence, for a reviewer.
 */
export function acknowledge(scope: IConstruct, rule: RuleId, reason: string): void {
  // The id needs its pack in front: without it the CDK takes it for one of its own warnings, and nothing is answered.
  Validations.of(scope).acknowledge({ id: `${rule.split('-')[0]}::${rule}`, reason });
}
