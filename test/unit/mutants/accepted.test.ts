import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import accepted from '../../mutants/accepted.json' with { type: 'json' };

const root = new URL('../../../', import.meta.url);

it('accepted survivors are of code that is there', () => {
  const gone = accepted.filter(({ file, before }) => !readFileSync(new URL(file, root), 'utf8').includes(before));
  expect(gone.map(({ file, before }) => `${file}: ${before}`)).toEqual([]);
});
