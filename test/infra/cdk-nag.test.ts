import { readFileSync } from 'node:fs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it, vi } from 'vitest';
import { acknowledge } from '../../infra/constructs/acknowledged-finding.ts';
import { nagDocument, reviewOf, synthesizeWithNag, unmatched, variants } from './nag-review.ts';
import { withStack } from './synthesized.ts';

const each = Object.entries(variants);

describe.each(each)('with %s', (_, settings) => {
  it('each finding has one reason, each reason a finding', () => {
    const review = withStack(settings, ({ app }) => reviewOf(app));
    expect(unmatched(review)).toEqual({ unanswered: [], needless: [], twice: [] });
  });

  it('an app that runs cdk-nag is synthesized', () => {
    withStack(settings, ({ app }) => expect(() => synthesizeWithNag(app)).not.toThrow());
  });
});

it('by default so many findings have a reason', () => {
  expect(withStack({}, ({ app }) => reviewOf(app).findings)).toHaveLength(37);
});

describe('the check notices', () => {
  it('a resource without a reason, and the synthesis ends', () => {
    const printed = vi.spyOn(console, 'error').mockReturnValue();
    withStack({}, ({ app, stack }) => {
      new Queue(stack, 'Planted', { enforceSSL: true });
      expect(unmatched(reviewOf(app)).unanswered.map(({ rule }) => rule)).toEqual([
        'AwsSolutions::AwsSolutions-SQS3',
        'Serverless::Serverless-SQSRedrivePolicy',
      ]);
      expect(() => synthesizeWithNag(app)).toThrow('validation-report.json');
    });
    printed.mockRestore();
  });

  it('a reason that answers nothing', () => {
    withStack({}, ({ app, stack }) => {
      acknowledge(stack, 'AwsSolutions-SQS9', 'There is no such rule.');
      expect(unmatched(reviewOf(app)).needless).toEqual([
        { rule: 'AwsSolutions::AwsSolutions-SQS9', path: 'mx-fresh-balances-dev', reason: 'There is no such rule.' },
      ]);
    });
  });

  it('a finding that is answered twice', () => {
    withStack({ fixedEgress: false }, ({ app, stack }) => {
      acknowledge(stack, 'AwsSolutions-SMG4', 'For every secret.');
      expect(unmatched(reviewOf(app)).twice.map(({ path }) => path)).toEqual([
        'mx-fresh-balances-dev/Default/Credentials/Mx/Resource',
      ]);
    });
  });
});

it('docs/cdk-nag.md is what npm run nag writes', () => {
  expect(readFileSync(new URL('../../docs/cdk-nag.md', import.meta.url), 'utf8')).toBe(nagDocument());
});
