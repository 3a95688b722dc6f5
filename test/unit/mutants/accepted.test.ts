import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import accepted from '../../mutants/accepted.json' with { type: 'json' };

const root = new URL('../../../', import.meta.url);

/** On one line, as the list has it. */
const codeOf = (file: string): string => readFileSync(new URL(file, root), 'utf8').replaceAll(/\s+/g, ' ');

it('accepted survivors are of code that is there', () => {
  const gone = accepted.filter(({ file, before }) => !codeOf(file).includes(before));
  expect(gone.map(({ file, before }) => `${file}: ${before}`)).toEqual([]);
});
