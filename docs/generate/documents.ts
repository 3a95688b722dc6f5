/** The documents that are made from the code. */
import { metricsDocument } from './metrics-document.ts';
import { openApiText } from './openapi-document.ts';
import { outcomesDocument } from './outcomes-document.ts';
import { problemsDocument } from './problems-document.ts';
import { referencePage } from './reference-page.ts';
import { settingsDocument } from './settings-document.ts';

/** A document: its path from the root of the checkout, and the function that makes its text. */
interface GeneratedDocument {
  readonly path: string;
  readonly text: () => string;
  /** False: git ignores it, for its size. */
  readonly committed: boolean;
}

/** All of them. A test compares each that is committed with its text. */
export const documents: readonly GeneratedDocument[] = [
  { path: 'docs/metrics.md', text: metricsDocument, committed: true },
  { path: 'docs/openapi.json', text: openApiText, committed: true },
  { path: 'docs/outcomes.md', text: outcomesDocument, committed: true },
  { path: 'docs/problems.md', text: problemsDocument, committed: true },
  { path: 'docs/settings.md', text: settingsDocument, committed: true },
  { path: 'docs/api-reference.html', text: referencePage, committed: false },
];
