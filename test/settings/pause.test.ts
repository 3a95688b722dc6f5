/** A pause by the operator's command, as the functions of a deployment meet it. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deployment } from '../../infra/operator/deployment.ts';
import { pauseCalls, resumeCalls } from '../../infra/operator/pause.ts';
import { instantOf } from '../../shared/domain/instant.ts';
import { deploymentWith } from '../contract/operator-deployment.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { type Deployed, deploy, memberParameters } from './deployed.ts';

let deployed: Deployed;
beforeEach(async () => {
  deployed = await deploy({});
});
afterEach(() => deployed.close());

function operated(): Deployment {
  const newClient = () =>
    new DynamoDBClient({
      region: 'us-east-1',
      endpoint: deployed.aws.url,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  return deploymentWith({ newClient }, { RefreshesTable: 'refreshes', AlarmPausedMinutes: '240' });
}

const terminal = () => fakeTerminal({ now: () => instantOf(Date.now()) }).terminal;
const pause = (seconds: number) =>
  pauseCalls(operated(), terminal(), { seconds, why: 'MX asked for it', yes: true, json: false });
const resume = () => resumeCalls(operated(), terminal(), { yes: true, json: false });

const mxCalls = (): number => deployed.mx.seen.length;
const refreshNow = async (): Promise<unknown> => {
  const { body } = await deployed.http('ReadRefresh', {
    method: 'GET',
    routeKey: 'GET /users/{user_identifier}/members/{member_identifier}/refreshes',
    parameters: memberParameters,
  });
  return (body as { refreshes: readonly unknown[] }).refreshes[0];
};

/** How MX shows a job that began after our POST and is over. */
const over = {
  most_recent_job_guid: 'JOB-new',
  aggregated_at: '2026-11-21T12:00:01.000Z',
  successfully_aggregated_at: '2026-11-21T12:00:09.000Z',
};

describe('a pause', () => {
  it('refuses triggers, and says for how long', async () => {
    await pause(3_600);
    const { status, headers, body } = await deployed.trigger();
    expect([status, headers['content-type']]).toEqual([503, 'application/problem+json']);
    const seconds = Number(headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(3_600);
    expect(seconds).toBeLessThanOrEqual(3_660);
    expect(body).toMatchObject({
      type: '/problems/paused',
      code: 'paused',
      action: 'retry_later',
      retry_after: seconds,
    });
    expect(JSON.stringify(body)).not.toContain('MX asked for it');
    expect(mxCalls()).toBe(0);
  });

  it('holds within 15 seconds where a function is warm', async () => {
    await deployed.trigger();
    const before = mxCalls();
    await pause(3_600);
    deployed.at(15);
    await deployed.look();
    expect(mxCalls()).toBe(before);
  });

  it('lets a refresh that runs go on after it', async () => {
    await deployed.trigger();
    deployed.at(5);
    await deployed.look();
    const before = mxCalls();
    await pause(7_200);
    deployed.mx.member = over;
    for (const seconds of [60, 900, 3_600, 7_000]) {
      deployed.at(seconds);
      await deployed.look();
      await deployed.tick('Sweep');
    }
    expect(mxCalls()).toBe(before);
    expect(await refreshNow()).toMatchObject({
      status: 'running',
      code: 'paused',
      deadline: '2026-11-21T14:10:00.000Z',
    });
    expect(await deployed.trigger()).toMatchObject({
      status: 202,
      body: { refresh: { joined: true, code: 'paused' } },
    });
    deployed.at(7_205);
    await deployed.look();
    expect(await refreshNow()).toMatchObject({
      status: 'ended',
      outcome: 'succeeded',
      deadline: '2026-11-21T12:10:00.000Z',
    });
    expect(deployed.published('refresh.succeeded')).toHaveLength(1);
  });

  it('lets doctor ask MX nothing', async () => {
    await pause(3_600);
    expect(await deployed.invoke('CheckMx', {})).toMatchObject({ accepted: false, status: null, code: 'paused' });
    expect(mxCalls()).toBe(0);
  });

  it('is over 15 seconds after it is ended', async () => {
    await pause(7_200);
    expect((await deployed.trigger()).status).toBe(503);
    deployed.at(100);
    await resume();
    deployed.at(115);
    expect((await deployed.trigger()).status).toBe(202);
  });

  it('is over when its time is', async () => {
    await pause(60);
    expect((await deployed.trigger()).status).toBe(503);
    deployed.at(60);
    expect((await deployed.trigger()).status).toBe(202);
  });

  it('lets stored balances be answered', async () => {
    await deployed.trigger();
    deployed.mx.member = over;
    deployed.at(10);
    await deployed.look();
    await pause(3_600);
    deployed.at(60);
    expect(await deployed.trigger({ max_age: 600 })).toMatchObject({ status: 200, body: { refresh: null } });
    expect((await deployed.trigger()).status).toBe(503);
  });
});
