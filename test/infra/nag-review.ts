/**
 * What cdk-nag finds in the stack, and the reasons that the resources give.
 *
 * Run as a program (`npm run nag`) it writes docs/cdk-nag.md.
 */
import { writeFileSync } from 'node:fs';
import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from 'cdk-nag';
import { withStack } from './synthesized.ts';

/** One rule that one resource does not keep. */
export interface Finding {
  readonly rule: string;
  /** What cdk-nag says about it. */
  readonly says: string;
  /** The resource, as its construct's path. */
  readonly path: string;
}

/** What a construct says about a rule, for itself and all that is in it. */
export interface Acknowledgement {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

/** An app's findings as if nothing were acknowledged, and what its constructs acknowledge. */
export interface Review {
  readonly findings: readonly Finding[];
  readonly acknowledged: readonly Acknowledgement[];
}

/** The CDK acknowledges findings of its own check of templates by itself; these are not of cdk-nag's packs. */
const OF_THE_CDK = 'CloudFormation-Validate::';

/** Settings that bring resources of their own, by what the document calls them. Together they are every resource. */
export const variants = {
  'the default settings': {},
  'webhooks, callbacks, keys for callers, browsers': {
    webhooks: 'known',
    callbackHosts: 'hooks.example.com',
    apiAccess: 'basic',
    corsOrigins: 'https://app.example.com',
    egressZones: 2,
  },
  'webhooks with callers that sign': { webhooks: 'known' },
  'no fixed address': { fixedEgress: false },
  'what a reviewed account may ask for': {
    flowLogs: true,
    tracing: true,
    eventArchiveDays: 14,
    gradualUpdates: 'canary10Percent5Minutes',
    webhooks: 'known',
    callbackHosts: 'hooks.example.com',
    keyArn: 'arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6789-0abc-def012345678',
  },
  'a VPC that is there already': { fixedEgress: false, vpcId: 'vpc-0a1b2c3d', subnetIds: 'subnet-0a1b2c3d' },
} as const satisfies Record<string, Readonly<Record<string, unknown>>>;

const packsFor = (app: App): readonly NagPack[] => [new AwsSolutionsChecks(app), new ServerlessChecks(app)];

/** Synthesizes as an app with cdk-nag does. @throws Error when a finding is not acknowledged. */
export function synthesizeWithNag(app: App): void {
  Validations.of(app).addPlugins(...packsFor(app));
  app.synth();
}

/** Reads the findings and the acknowledgements of an app. */
export function reviewOf(app: App): Review {
  // cdk-nag leaves acknowledgements with their pack in front to the CDK, so these are all findings.
  const findings = packsFor(app).flatMap((pack) =>
    pack.validateScope(app).violations.flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map((resource) => ({
        rule: `${pack.name}::${ruleName}`,
        says: description,
        path: 'constructPath' in resource ? String(resource.constructPath) : '',
      })),
    ),
  );
  const acknowledged = app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        Object.entries<string>(data)
          .filter(([rule]) => !rule.startsWith(OF_THE_CDK))
          .map(([rule, reason]) => ({ rule, path: node.path, reason })),
      ),
  );
  return { findings, acknowledged };
}

/** Whether the acknowledgement is about this finding. */
export const answers = (acknowledgement: Acknowledgement, { rule, path }: Finding): boolean =>
  acknowledgement.rule === rule && `${path}/`.startsWith(`${acknowledgement.path}/`);

/** Findings that nothing answers, acknowledgements that answer nothing, and findings that are answered twice. */
export function unmatched({ findings, acknowledged }: Review) {
  const answersTo = (finding: Finding) => acknowledged.filter((one) => answers(one, finding));
  return {
    unanswered: findings.filter((finding) => answersTo(finding).length === 0),
    needless: acknowledged.filter((one) => !findings.some((finding) => answers(one, finding))),
    twice: findings.filter((finding) => answersTo(finding).length > 1),
  };
}

/** docs/cdk-nag.md: what is found with any of the settings above, and why it stays. */
export function nagDocument(): string {
  const rows = new Map<string, { rule: string; says: string; reason: string; paths: Set<string> }>();
  for (const settings of Object.values(variants))
    withStack(settings, ({ app }) => {
      const { findings, acknowledged } = reviewOf(app);
      for (const finding of findings) {
        const reason = acknowledged.find((one) => answers(one, finding))?.reason ?? '**not acknowledged**';
        const row = rows.get(`${finding.rule} ${reason}`) ?? { ...finding, reason, paths: new Set() };
        rows.set(`${finding.rule} ${reason}`, row);
        row.paths.add(shortPath(finding.path));
      }
    });
  const table = [...rows.values()]
    .toSorted((one, other) => (one.rule < other.rule ? -1 : one.rule > other.rule ? 1 : 0))
    .map(({ rule, says, reason, paths }) => {
      const [, id = rule] = rule.split('::');
      return `| ${id.replace(/\[.*/, '')} | ${says} | ${placesOf(paths)} | ${reason} |`;
    });
  return [
    '# What cdk-nag finds',
    '',
    'Made by `npm run nag`; a test says when it is out of date, when a finding has no reason and when a reason has no finding.',
    '',
    'cdk-nag 3 checks the template with its packs AwsSolutions and Serverless. Each finding is acknowledged in the code beside',
    'its resource (`infra/constructs/acknowledged-finding.ts`); an app that embeds this service and runs cdk-nag has them',
    'answered. Settings that these resources depend on: webhooks, callbacks, `apiAccess=basic`, `corsOrigins`, `fixedEgress`,',
    '`flowLogs`, `eventArchiveDays`, `gradualUpdates`, `vpcId`.',
    '',
    '| rule | what it says | where | why it stays |',
    '|---|---|---|---|',
    ...table,
    '',
  ].join('\n');
}

/** Without the stack and what the CDK adds: `FollowUp/Function`. */
const shortPath = (path: string): string =>
  path
    .replace(/^[^/]+\/(Default\/)?/, '')
    .replace(/\/Resource$/, '')
    .replace(/:.*/, '');

/** So many places in one construct are not listed: routes are added often. */
const MANY = 12;

function placesOf(paths: ReadonlySet<string>): string {
  const within = Map.groupBy(paths, (path) => path.split('/')[0] ?? path);
  return [...within]
    .flatMap(([construct, inside]) =>
      inside.length < MANY ? inside.map((path) => `\`${path}\``) : [`those in \`${construct}\``],
    )
    .join(', ');
}

if (import.meta.main) {
  const text = nagDocument();
  writeFileSync(new URL('../../docs/cdk-nag.md', import.meta.url), text);
  console.log('docs/cdk-nag.md: written');
}
