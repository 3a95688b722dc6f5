import { metricTable } from '../../shared/lambda/metric-table.ts';
import { dimensionsOf, type MetricName, NAMESPACE, unitOf, valuesOfDeployment } from '../../shared/lambda/metrics.ts';

const everyMetric = Object.keys(metricTable) as readonly MetricName[];

const isValue = (name: MetricName): boolean => valuesOfDeployment.some((value) => value === name);

function row(name: MetricName): string {
  const { says, writers } = metricTable[name];
  const unit = isValue(name) ? `values, ${unitOf(name).toLowerCase()}` : 'count';
  return `| \`${name}\` | ${unit} | ${dimensionsOf(name).join(', ')} | ${says} | ${writers.join(', ')} |`;
}

/** How many series are written at most: one for each name, and for each function that writes it where it is a dimension. */
const mostSeries = everyMetric
  .filter((name) => !dimensionsOf(name).includes('version'))
  .map((name) => (dimensionsOf(name).includes('service') ? metricTable[name].writers.length : 1))
  .reduce((sum, more) => sum + more, 0);

/** The text of docs/metrics.md. */
export const metricsDocument = (): string => `# Metrics

Made from the code by \`npm run docs\`; a test says when it is out of date.

These are all metrics that the functions write, in namespace \`${NAMESPACE}\`. No dimension names a member, a user, an
institution or a caller: \`stage\` is the deployment, \`service\` the function. Values are in tenths. They stand in the functions'
log lines in CloudWatch's embedded metric format, so that no call is made for them, and a line that is lost loses its counts. A
count is written after what it counts: an invocation that crashes in between does not count it. Each is in a graph of the
dashboard (setting \`dashboard\`) or in an alarm ([runbook.md](runbook.md)), together with AWS's own of functions, queues, the API,
tables, logs and the NAT gateway.

CloudWatch takes $0.30 a month for each name and set of dimensions, by the hour in which it is written (the first ten of an account
are free). There are ${mostSeries} at most, or $${(mostSeries * 0.3).toFixed(2)} a month, for a deployment with webhooks, callbacks and keys
in which everything happens in every hour. Those with dimension \`stage\` alone are paid for once, whichever functions write
them. [cost.md](cost.md) has the rest of the bill.

| metric | unit | dimensions | what it says | written by |
|---|---|---|---|---|
${everyMetric.map(row).join('\n')}
`;
