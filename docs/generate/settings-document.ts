import type { Setting } from '../../infra/setting-kinds.ts';
import { settings } from '../../infra/setting-table.ts';

const cell = (value: unknown): string => (value === '' ? '(empty)' : `\`${String(value)}\``);

const row = ([name, { default: fallback, unit, allowed, explanation }]: [string, Setting<unknown>]): string =>
  `| \`${name}\` | ${cell(fallback)} | ${unit} | ${explanation} Must be ${allowed}. |`;

/** The text of docs/settings.md. */
export const settingsDocument = (): string => `# Settings

Made from the code by \`npm run docs\`; a test says when it is out of date.

All settings of a deployment, with their defaults. Write them in \`cdk.json\`, or on the command line, which wins:

\`\`\`json
{ "context": { "settings": { "stage": "prod", "mxBaseUrl": "https://api.mx.com", "alarmEmail": "ops@example.com" } } }
\`\`\`

\`\`\`sh
npx cdk deploy -c stage=prod -c mxBaseUrl=https://api.mx.com
\`\`\`

A name that does not exist, a value that cannot be, and values that do not fit together stop the synthesis with one
sentence each. Secrets are not settings: they are filled in after the first deployment (docs/runbook.md).

| setting | default | unit | what it does |
|---|---|---|---|
${Object.entries<Setting<unknown>>(settings).map(row).join('\n')}
`;
