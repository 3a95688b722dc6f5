/** A refresh from the HTTP call to the stored balances, with the functions as they are bundled, on the given engines. */
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, type Running, startRunning } from '../local/running.ts';
import { foreignEngines } from './foreign-engines.ts';
import { isGiven } from './given.ts';
import { givenDynamoDb } from './given-tables.ts';

const engines = foreignEngines();
let running: Running;
beforeAll(async () => {
  running = await startRunning({}, { aroundEngines: engines.around });
});
afterAll(async () => {
  const closing = running?.close();
  engines.stop();
  await closing;
  await engines.close();
});

describe('a refresh', () => {
  it('goes from the trigger to the stored balances', async () => {
    const { path } = running.addMember();
    const { event } = await running.refresh(path);
    expect(dataOf(event)).toMatchObject({ outcome: 'succeeded' });
    const { status, body } = await running.call('GET', `${path}/accounts`);
    expect(status).toBe(200);
    expect(body['accounts']).not.toEqual([]);
  });

  it.runIf(isGiven('dynamodb'))('has stored them in the given engine', async () => {
    const tables = [...(await engines.made())].filter(([name]) => name.includes('StorageBalances'));
    const [[, TableName] = []] = tables;
    const { Items = [] } = await givenDynamoDb().send(new ScanCommand({ TableName }));
    expect(Items.length).toBeGreaterThan(0);
  });

  it('that fails is told as one', async () => {
    const { path } = running.addMember({ scenario: 'access-denied' });
    const { event } = await running.refresh(path);
    expect(dataOf(event)).toMatchObject({ outcome: 'action_required', action: 'reauthenticate' });
  });
});
