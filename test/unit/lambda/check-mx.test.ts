import { expect, it } from 'vitest';
import { checkMx } from '../../../functions/check-mx.ts';
import type { MxClientOptions } from '../../../shared/clients/mx-request.ts';
import { pauseGate } from '../../../shared/clients/pause-gate.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { T0 } from '../../samples.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

/** A way to MX, which answers so; null: not at all. */
const mxThatAnswers = (status: number | null): MxClientOptions =>
  ({
    ...{ baseUrl: 'https://mx.example', acceptVersion: null, timeoutMs: 1_000, now: () => T0 },
    gate: pauseGate({ pauses: { known: async () => [] }, now: () => T0, random: () => 0 }),
    credentials: { current: async () => '{"client_id":"c","api_key":"k"}', refreshed: async () => null },
    async send() {
      if (status === null) throw new Failure('mx_unavailable', 'no answer');
      return { status, headers: {}, body: '{}' };
    },
  }) as never;

it.each([
  [404, true, { status: 404, code: 'accepted' }],
  [403, false, { status: 403, code: 'mx_forbidden' }],
  [null, false, { status: undefined, code: 'mx_unavailable' }],
])('MX that answers %s is told of in a line', async (status, accepted, fields) => {
  const telemetry = recordedTelemetry();
  expect(await checkMx(mxThatAnswers(status), telemetry)).toMatchObject({ accepted, status });
  expect(telemetry.lines).toStrictEqual([{ event: 'mx.checked', fields }]);
  expect(telemetry.order).toEqual(['log', 'flush']);
});
