import { expect, it } from 'vitest';
import { httpHandler } from '../../../shared/lambda/http.ts';
import { apiEvent, lambdaContext } from './api-event.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

it.each([
  ['arn:aws:iam::111122223333:user/shop', 'arn:aws:iam::111122223333:user/shop'],
  ['arn:aws:sts::111122223333:assumed-role/shop/i-0abc', 'arn:aws:sts::111122223333:assumed-role/shop'],
  ['', ''],
  ['arn:aws-cn:sts::111122223333:assumed-role/shop/a/b', 'arn:aws-cn:sts::111122223333:assumed-role/shop'],
])('the caller %s is %s in every session', async (userArn, caller) => {
  const seen: string[] = [];
  const options = { telemetry: recordedTelemetry(), right: () => 'read' as const, callersSecret: null, now: () => '' };
  const handler = httpHandler(options, async (request) => {
    seen.push(request.caller);
    return { status: 204 };
  });
  await handler(apiEvent({ authorizer: { iam: { userArn } } }), lambdaContext());
  await handler(apiEvent({ authorizer: {} }), lambdaContext());
  expect(seen).toEqual([caller, '']);
});
