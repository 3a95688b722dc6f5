import { describe, expect, it } from 'vitest';
import { endingOf } from '../../../infra/operator/ending.ts';
import { Stop } from '../../../infra/operator/exit-codes.ts';
import { Failure } from '../../../shared/domain/failure.ts';

const named = (name: string, message = 'said AWS.', more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });

describe('an error ends the command with', () => {
  it.each<[string, unknown, number, RegExp]>([
    ['its own sentence', new Stop(5, 'Say --yes.'), 5, /^Say --yes\.$/],
    ['what the domain says', new Failure('busy', 'again and again'), 4, /^again and again \(busy\)\.$/],
    ['MX’s status', new Failure('mx_forbidden', 'MX refused', { mxStatus: 403 }), 4, /\(mx_forbidden, HTTP 403\)/],
    ['no credentials', named('CredentialsProviderError'), 3, /^There are no AWS credentials.*: said AWS$/],
    ['expired credentials', named('ExpiredTokenException'), 3, /have expired: sign in anew/],
    ['expired credentials of CloudFormation', named('ExpiredToken'), 3, /have expired/],
    ['wrong credentials', named('InvalidClientTokenId'), 3, /does not accept the credentials: said AWS/],
    ['missing permissions', named('AccessDeniedException', 'User: x is not authorized'), 3, /may not do that: User: x/],
    ['no region', new Error('Region is missing'), 3, /^No region is known: --region/],
    ['no such region', new Error('Region not accepted: region="eu west" is not a valid'), 3, /is not the name of one/],
    ['no such stack', named('ValidationError', 'Stack with id x does not exist'), 3, /^Stack with id x.*--region/],
    ['a table that is gone', named('ResourceNotFoundException'), 3, /^What the stack’s outputs name is not there/],
    ['a queue that is gone', named('QueueDoesNotExist'), 3, /^What the stack’s outputs name is not there/],
    ['throttling', named('ThrottlingException'), 3, /throttled the calls again and again/],
    ['no connection', named('Error', 'connect', { code: 'ECONNREFUSED' }), 3, /not reached \(ECONNREFUSED\)/],
    [
      'no name',
      new Error('x', { cause: named('Error', 'y', { code: 'ENOTFOUND' }) }),
      3,
      /\(ENOTFOUND\)\. Is the region /,
    ],
    ['no address', new AggregateError([named('Error', 'y', { code: 'ETIMEDOUT' })], ''), 3, /\(ETIMEDOUT\)/],
    ['no answer', named('TimeoutError', 'no whole answer within 20000 ms'), 3, /did not answer in time: no whole/],
    ['an interruption', named('AbortError'), 130, /^Interrupted\.$/],
    ['a bug', new TypeError('x is not a function\n    at y.ts:1'), 4, /^TypeError: x is not a function$/],
    ['no error at all', 'thrown', 4, /thrown/],
  ])('%s', (_what, error, exitCode, sentence) => {
    const ending = endingOf(error);
    expect(ending.exitCode).toBe(exitCode);
    expect(ending.sentence).toMatch(sentence);
    expect(ending.sentence).not.toContain('\n');
  });
});
