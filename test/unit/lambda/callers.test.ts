import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { authorize, readCallers } from '../../../shared/lambda/callers.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const client = (client_id: string, keys: readonly string[], rights: readonly string[]) => ({
  client_id,
  key_sha256: keys.map(sha256),
  rights,
});
const callers = readCallers(
  JSON.stringify({
    clients: [
      client('shop', ['old-key', 'new-key'], ['read', 'trigger']),
      client('report', ['report-key'], ['read']),
      client('rightless', ['rightless-key'], []),
    ],
  }),
);
const codeOf = (authorization: string | undefined, right: 'read' | 'trigger' = 'read'): string => {
  try {
    return authorize(callers, authorization, right).name;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
};

describe('a caller', () => {
  it('is let through by name with right id and key', () => {
    expect(codeOf(basic('shop:old-key'), 'trigger')).toBe('shop');
    expect(codeOf(basic('report:report-key'))).toBe('report');
  });

  it('may use either of two keys, for rotation', () => {
    expect([codeOf(basic('shop:old-key')), codeOf(basic('shop:new-key'))]).toEqual(['shop', 'shop']);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', `Bearer ${Buffer.from('shop:old-key').toString('base64')}`],
    ['no base64', 'Basic shop:old-key'],
    ['base64 of nothing', 'Basic '],
    ['no colon', basic('shop')],
    ['no key', basic('shop:')],
    ['a wrong key', basic('shop:wrong')],
    ['another caller’s key', basic('shop:report-key')],
    ['an unknown id', basic('unknown:old-key')],
    ['an empty id', basic(':old-key')],
    ['another case', basic('SHOP:old-key')],
    ['a key with something after it', basic('shop:old-key:more')],
    ['the hash in place of the key', basic(`shop:${sha256('old-key')}`)],
    ['something behind the right key', `${basic('shop:old-key')}, more`],
    ['something before the scheme', `x ${basic('shop:old-key')}`],
    ['two headers in one', `${basic('unknown:x')}, ${basic('shop:old-key')}`],
  ])('is refused with %s', (_what, authorization) => {
    expect(codeOf(authorization)).toBe('unauthorized');
  });

  it('without the right is refused, unlike an unknown caller', () => {
    expect(codeOf(basic('report:report-key'), 'trigger')).toBe('forbidden');
    expect(codeOf(basic('rightless:rightless-key'), 'read')).toBe('forbidden');
    expect(codeOf(basic('report:wrong'), 'trigger')).toBe('unauthorized');
  });

  it('scheme in any case; key with colons and any letters', () => {
    const odd = readCallers(JSON.stringify({ clients: [client('shop', ['a:b:ü'], ['read'])] }));
    const header = basic('shop:a:b:ü');
    expect(authorize(odd, header, 'read')).toEqual({ name: 'shop', rights: ['read'] });
    expect(authorize(odd, header.replace('Basic', 'bAsIc'), 'read').name).toBe('shop');
  });
});

it('every key of every caller is compared', () => {
  let compared = 0;
  const counted = {
    clients: callers.clients.map((known) => ({
      ...known,
      key_sha256: known.key_sha256.map((hash) => ({
        [Symbol.toPrimitive]: () => {
          compared += 1;
          return hash;
        },
      })),
    })),
  };
  for (const header of [basic('shop:old-key'), basic('shop:wrong'), basic('unknown:x'), undefined]) {
    compared = 0;
    try {
      authorize(counted as never, header, 'read');
    } catch {
      // Refused or not, the work is the same.
    }
    expect(compared).toBe(4);
  }
});

describe('the secret with the callers', () => {
  it('that is still empty lets no caller through', () => {
    expect(() => authorize(readCallers(''), basic(':'), 'read')).toThrow('client id or key is missing or wrong');
  });

  it.each(['read', 'trigger', 'webhook', 'erase'] as const)('gives the right %s and no other', (right) => {
    const one = readCallers(JSON.stringify({ clients: [client('shop', ['key'], [right])] }));
    expect(authorize(one, basic('shop:key'), right)).toEqual({ name: 'shop', rights: [right] });
    const other = right === 'read' ? 'trigger' : 'read';
    expect(() => authorize(one, basic('shop:key'), other)).toThrow();
  });

  it.each([
    ['not JSON', 'hunter2'],
    ['another shape', '{"shop":"hunter2"}'],
    ['a key instead of its hash', '{"clients":[{"client_id":"shop","key_sha256":["hunter2"],"rights":["read"]}]}'],
    ['more than a hash', `{"clients":[{"client_id":"hunter2","key_sha256":["${sha256('x')}0"],"rights":["read"]}]}`],
    ['more before a hash', `{"clients":[{"client_id":"hunter2","key_sha256":["x${sha256('x')}"],"rights":["read"]}]}`],
    ['no key', '{"clients":[{"client_id":"shop","key_sha256":[],"rights":["read"],"x":"hunter2"}]}'],
    ['an unknown right', `{"clients":[{"client_id":"hunter2","key_sha256":["${sha256('x')}"],"rights":["write"]}]}`],
  ])('with %s is refused without repeating the secret', (_what, text) => {
    let message = '';
    try {
      readCallers(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/the secret with the callers must be \{"clients":/);
    expect(message).not.toContain('hunter2');
  });
});
