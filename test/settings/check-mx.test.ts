/** The function that the operator’s command has called, as it is wired. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Deployed, deploy, T0 } from './deployed.ts';

let deployed: Deployed;
beforeAll(async () => {
  deployed = await deploy({});
});
afterAll(() => deployed.close());

it('asks MX once, with any input', async () => {
  const answer = await deployed.invoke('CheckMx', { url: 'https://elsewhere.example.com', user: 'USR-1' });
  expect(answer).toMatchObject({ accepted: true, code: null, says: null, at: T0 });
  expect(deployed.mx.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /users/USR-00000000-0000-0000-0000-000000000000/members/MBR-00000000-0000-0000-0000-000000000000',
  ]);
  const [line] = deployed.lines.filter((text) => text.includes('mx.checked'));
  expect(JSON.parse(line ?? '')).toMatchObject({ service: 'check-mx', code: 'accepted', ColdStart: 1 });
});

it('fetches the secret anew for each call', async () => {
  const fetched = () => deployed.aws.calls.filter(({ action }) => action === 'GetSecretValue').length;
  const before = fetched();
  await deployed.invoke('CheckMx', {});
  await deployed.invoke('CheckMx', {});
  expect(fetched()).toBe(before + 2);
});
