/** The documents that are made from the code. */
import { openApiText } from './openapi-document.ts';
import { outcomesDocument } from './outcomes-document.ts';
import { problemsDocument } from './problems-document.ts';
import { settingsDocument } from './settings-document.ts';

/** A document: its path from the root of the checkout, and the function that makes its text. */
interface GeneratedDocument {
  readonly path: string;
  readonly text: () => string;
}

/** All of them. A test compares each with what is committed. */
export const documents: readonly GeneratedDocument[] = [
  { path: 'docs/openapi.json', text: openApiText },
  { path: 'docs/outcomes.md', text: outcomesDocument },
  { path: 'docs/problems.md', text: problemsDocument },
  { path: 'docs/settings.md', text: settingsDocument },
];
