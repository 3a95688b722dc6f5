/** What takes the place of parts of the AWS SDK in bundles. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '../../../shared/lambda/environment-credentials.ts';
import { EndpointCache, eventStreamSerdeProvider } from '../../../shared/lambda/unused-sdk-parts.ts';

describe('the credentials of a function', () => {
  const set = (id: string | undefined, key: string | undefined, token: string | undefined): void => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', id);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', key);
    vi.stubEnv('AWS_SESSION_TOKEN', token);
  };
  beforeEach(() => set(undefined, undefined, undefined));
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('are those of its environment', async () => {
    set('id', 'key', 'token');
    expect(await defaultProvider()()).toEqual({ accessKeyId: 'id', secretAccessKey: 'key', sessionToken: 'token' });
  });

  it('may lack a token, which is left out then', async () => {
    set('id', 'key', undefined);
    expect(await defaultProvider()()).toStrictEqual({ accessKeyId: 'id', secretAccessKey: 'key' });
  });

  it.each([
    [undefined, undefined],
    ['id', undefined],
    [undefined, 'key'],
    ['id', ''],
    ['', 'key'],
  ])('are none outside Lambda: %s, %s', async (id, key) => {
    set(id, key, 'token');
    await expect(defaultProvider()()).rejects.toThrow('this bundle runs only in Lambda');
  });
});

it('what is left out says so when it is used', () => {
  const cache = new EndpointCache();
  for (const part of [eventStreamSerdeProvider, cache.has, cache.get, cache.getEndpoint, cache.set, cache.delete]) {
    expect(part).toThrow('are left out of this bundle');
  }
});
