import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import {
  type CountOfFunction,
  type countsOfDeployment,
  NAMESPACE,
  type valuesOfDeployment,
} from '../../shared/lambda/metrics.ts';

/** A count or the values of the whole deployment (`shared/lambda/metrics.ts`). */
export type DeploymentMetric = (typeof countsOfDeployment)[number] | (typeof valuesOfDeployment)[number];

/** What the deployment `stage` writes under this name. */
export const metricOfDeployment = (metricName: DeploymentMetric, stage: string, options: MetricOptions): Metric =>
  new Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { stage }, ...options });

/** What the function `service` of the deployment `stage` writes under this name. */
export const metricOfFunction = (
  metricName: CountOfFunction,
  { service, stage }: { readonly service: FunctionName; readonly stage: string },
  options: MetricOptions,
): Metric => new Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { service, stage }, ...options });
