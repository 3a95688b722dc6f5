/** AWS's rules for policies of any kind: made up by fast-check, within an alphabet in which much fits. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fits, fitsAction, fitsArn } from '../../../infra/local/iam/patterns.ts';
import { outcome } from './policies.ts';

const letters = ['a', 'b'];
const text = fc.string({ unit: fc.constantFrom(...letters, '.', '/', ':'), maxLength: 6 });
const pattern = fc.string({ unit: fc.constantFrom(...letters, '.', '/', ':', '*', '?'), maxLength: 6 });
const action = fc.constantFrom('sqs:Send', 'sqs:Receive', 'events:Put');
const resource = fc.constantFrom('arn:aws:sqs:r:1:a', 'arn:aws:sqs:r:1:ab', 'arn:aws:events:r:1:bus/a');

const oneOf = (name: string, values: fc.Arbitrary<string | string[]>) =>
  fc.tuple(fc.constantFrom(name, `Not${name}`), values).map(([element, value]) => ({ [element]: value }));
const many = (one: fc.Arbitrary<string>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 2 }));
const statement = fc
  .tuple(
    fc.constantFrom('Allow', 'Deny'),
    oneOf('Action', many(fc.oneof(action, fc.constantFrom('*', 'sqs:*', 'SQS:send', 'events:P?t')))),
    oneOf('Resource', many(fc.oneof(resource, fc.constantFrom('*', 'arn:aws:sqs:*:*:a*', 'arn:aws:sqs:r:1:a?')))),
    fc.constantFrom({}, { Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
  )
  .map(([Effect, actions, resources, condition]) => ({ Effect, ...actions, ...resources, ...condition }));
const statements = fc.array(statement, { maxLength: 4 });
const asked = fc.record({ action, resource });

/** Whether a pattern fits, by the definition: one sign after the other, without expressions. */
function fitsByDefinition(signs: string, of: string): boolean {
  const [sign, ...rest] = signs;
  if (sign === undefined) return of === '';
  if (sign === '*') return fitsByDefinition(rest.join(''), of) || (of !== '' && fitsByDefinition(signs, of.slice(1)));
  return of !== '' && (sign === '?' || sign === of[0]) && fitsByDefinition(rest.join(''), of.slice(1));
}

it('patterns fit as they are defined', () => {
  fc.assert(
    fc.property(pattern, text, (of, given) => fits(of, given) === fitsByDefinition(of, given)),
    { numRuns: 2000 },
  );
});

it.each([
  ['arn:aws:sqs:*:*:*', 'starts'],
  ['starts', 'arn:aws:sqs:r:1:starts'],
])('%s does not fit %s', (of, given) => {
  expect(fitsArn(of, given)).toBe(false);
});

it('a wildcard fits a line break too', () => {
  expect([fits('a*b', 'a\nb'), fits('a?b', 'a\nb')]).toEqual([true, true]);
});

it('an action’s case does not matter', () => {
  fc.assert(
    fc.property(pattern, text, (of, given) => {
      expect(fitsAction(of.toUpperCase(), given)).toBe(fits(of, given));
    }),
  );
});

it('no wildcard reaches over a colon before the resource', () => {
  const part = fc.string({ unit: fc.constantFrom(...letters, '*', '?'), maxLength: 3 });
  const parts = fc.tuple(part, part, part, part, part);
  const plain = parts.map((some) => some.map((one) => one.replaceAll(/[*?]/g, 'a')));
  fc.assert(
    fc.property(parts, plain, (patterns, given) => {
      const all = patterns.every((one, at) => fitsByDefinition(one, given[at] ?? ''));
      expect(fitsArn(['arn', ...patterns].join(':'), ['arn', ...given].join(':'))).toBe(all);
    }),
  );
});

it('the order of statements does not matter', () => {
  fc.assert(
    fc.property(statements, asked, (role, request) => {
      expect(outcome({ role: role.toReversed() }, request)).toBe(outcome({ role }, request));
    }),
  );
});

it('a further Deny never allows, a further Allow never denies', () => {
  const rank = ['explicit deny', 'implicit deny', 'allow'];
  fc.assert(
    fc.property(statements, statement, asked, (role, more, request) => {
      const [before, now] = [role, [...role, more]].map((some) => rank.indexOf(outcome({ role: some }, request)));
      if (more.Effect === 'Allow') expect(now).toBeGreaterThanOrEqual(before ?? NaN);
      else expect(now).toBeLessThanOrEqual(before ?? NaN);
    }),
  );
});

it('allowed: one Allow applies, and no Deny', () => {
  fc.assert(
    fc.property(statements, asked, (role, request) => {
      const applying = role.filter((one) => outcome({ role: [one] }, request) !== 'implicit deny');
      const effects = applying.map(({ Effect }) => Effect);
      const expected = effects.includes('Deny')
        ? 'explicit deny'
        : effects.includes('Allow')
          ? 'allow'
          : 'implicit deny';
      expect(outcome({ role }, request)).toBe(expected);
    }),
  );
});

it('what an element names, its opposite leaves out', () => {
  fc.assert(
    fc.property(many(action), many(resource), asked, (actions, resources, request) => {
      const allows = (element: object): boolean =>
        outcome({ role: [{ Effect: 'Allow', ...element }] }, request) === 'allow';
      expect(allows({ Action: actions, Resource: '*' })).toBe(!allows({ NotAction: actions, Resource: '*' }));
      expect(allows({ Action: '*', Resource: resources })).toBe(!allows({ Action: '*', NotResource: resources }));
    }),
  );
});
