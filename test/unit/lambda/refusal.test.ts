import { expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { asNamed, Refusal } from '../../../shared/lambda/refusal.ts';

const named = (name: string, more: object = {}): Error => Object.assign(new Error('x'), { name }, more);

it.each<[string, unknown, string]>([
  ['a failure', new Failure('mx_timeout', 'x'), 'mx_timeout'],
  ['a refusal', new Refusal('forbidden', 'x'), 'forbidden'],
  ['the time limit of an AWS call', named('TimeoutError'), 'busy'],
  ['throttling', named('ThrottlingException', { $metadata: { httpStatusCode: 400 } }), 'busy'],
  ['throughput', named('ProvisionedThroughputExceededException'), 'busy'],
  ['an AWS answer of 500', named('InternalServerError', { $metadata: { httpStatusCode: 500 } }), 'busy'],
  ['an AWS answer of 499', named('Odd', { $metadata: { httpStatusCode: 499 } }), 'internal'],
  ['a broken socket', named('Error', { code: 'ECONNRESET' }), 'busy'],
  ['a permission that is missing', named('AccessDeniedException', { $metadata: { httpStatusCode: 400 } }), 'internal'],
  ['a table that is missing', named('ResourceNotFoundException'), 'internal'],
  ['a fault of ours', new TypeError('x is not a function'), 'internal'],
  ['no error at all', 'text', 'internal'],
  ['nothing', undefined, 'internal'],
])('%s', (_what, error, code) => {
  expect(asNamed(error).code).toBe(code);
});

it('keeps the error of AWS as the cause', () => {
  const error = named('TimeoutError');
  const message = 'an AWS service did not answer: TimeoutError';
  expect(asNamed(error)).toMatchObject({ fate: 'try-again', message, cause: error });
});
