import type { Setting } from './setting-kinds.ts';
import { settings } from './setting-table.ts';

const cell = (value: unknown): string => (value === '' ? '(empty)' : `\`${String(value)}\``);

const row = ([name, { default: fallback, unit, allowed, explanation }]: [string, Setting<unknown>]): string =>
  `| \`${name}\` | ${cell(fallback)} | ${unit} | ${explanation} Must be ${allowed}. |`;

/** The text of docs/settings.md. A test compares the two; `node infra/settings-document.ts > docs/settings.md` repairs it. */
export const settingsDocument = (): string => `# Settings

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

if (import.meta.main) process.stdout.write(settingsDocument());
