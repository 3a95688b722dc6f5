import { expect, it } from 'vitest';
import { repairedIn } from '../../bench/sweep-line.ts';

it.each([
  [
    'counts what was ended, published and set going',
    '{"event":"sweep.done","counts":{"leave":9,"publish":1,"end":2,"end_storing":4,"look":8,"failed":0}}',
    15,
  ],
  [
    'is 0 where everything was left alone',
    '{"event":"sweep.done","counts":{"leave":9,"publish":0,"end":0,"end_storing":0,"look":0,"failed":0}}',
    0,
  ],
  ['is 0 for another line', '{"event":"follow_up.done","counts":{"look":3}}', 0],
  ['is 0 for a line that is no JSON', 'the bundle cannot be loaded', 0],
])('%s', (_, line, repaired) => {
  expect(repairedIn(line)).toBe(repaired);
});
