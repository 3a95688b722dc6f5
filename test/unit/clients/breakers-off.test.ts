/** With the setting `breaker` off nothing is kept of banks, and no start waits. */
import { expect, it } from 'vitest';
import { noBreakers } from '../../../shared/clients/breakers-table.ts';
import { noTrouble } from '../../../shared/domain/trouble.ts';

it('nothing is known, and nothing is kept', async () => {
  const { open, notSupported, read, write, lastAnswerAt, untold } = noBreakers;
  const known = await Promise.all([open(), notSupported(), untold(), lastAnswerAt('any'), read('any')]);
  expect(known).toEqual([new Map(), new Map(), [], null, { ...noTrouble, version: 0 }]);
  expect(await write('any', noTrouble, 0)).toBe(false);
});
