import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CALLBACK_URL_PATTERN,
  type CallbackRules,
  checkCallbackUrl,
  readCallbackHost,
} from '../../../shared/domain/callback-url.ts';
import { Failure } from '../../../shared/domain/failure.ts';

const rules: CallbackRules = {
  hosts: ['hooks.example.com', 'xn--bcher-kva.example', 'other.example:8443'],
  loopback: false,
};

const refusal = (text: string, given: CallbackRules = rules): string => {
  try {
    checkCallbackUrl(text, given);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error).toMatchObject({ fate: 'caller-fault', code: 'invalid_request', details: { field: 'callback_url' } });
    return error.message;
  }
  return 'accepted';
};

describe('a callback_url', () => {
  it.each([
    ['https://hooks.example.com', 'https://hooks.example.com/'],
    ['https://hooks.example.com/mx?tenant=7&token=a%20b', 'https://hooks.example.com/mx?tenant=7&token=a%20b'],
    ['HTTPS://Hooks.Example.COM:443/Path', 'https://hooks.example.com/Path'],
    ['https://other.example:8443/x', 'https://other.example:8443/x'],
    ['https://xn--bcher-kva.example/', 'https://xn--bcher-kva.example/'],
    // Percent-encoding inside a host is what it stands for.
    ['https://h%6foks.example.com/', 'https://hooks.example.com/'],
  ])('may be %s', (text, url) => {
    expect(checkCallbackUrl(text, rules)).toBe(url);
  });

  it('may have 2000 characters', () => {
    const longest = `https://hooks.example.com/${'a'.repeat(1974)}`;
    expect([longest.length, checkCallbackUrl(longest, rules)]).toEqual([2000, longest]);
  });

  it('is refused while no host is allowed', () => {
    expect(refusal('https://hooks.example.com/', { hosts: [], loopback: false })).toContain('setting callbackHosts');
  });

  it.each([
    ['no URL', 'hooks.example.com'],
    ['nothing', ''],
    ['a relative path', '//hooks.example.com/'],
    ['a blank in front', ' https://hooks.example.com/'],
    ['a line break, which parsers drop', 'https://hooks.exam\nple.com/'],
    ['a tab, which parsers drop', 'https://hooks.example.com\t.evil.example/'],
    ['a backslash, which parsers turn round', 'https:\\\\hooks.example.com\\@evil.example/'],
    ['letters outside ASCII', 'https://hooks.example.com/ü'],
    ['a look-alike letter', 'https://hооks.example.com/'],
    ['full-width letters', 'https://ｈooks.example.com/'],
    ['a dot that is not a dot', 'https://hooks。example.com/'],
    ['an invisible character', 'https://hooks\u200b.example.com/'],
    ['2001 characters', `https://hooks.example.com/${'a'.repeat(1975)}`],
  ])('is refused as a text: %s', (_what, text) => {
    expect(refusal(text)).toContain('printable ASCII');
  });

  it.each([
    'http://hooks.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
    'ws://hooks.example.com/',
    'gopher://hooks.example.com/',
  ])('is refused without TLS: %s', (text) => {
    expect(refusal(text)).toContain('https://');
  });

  it.each([
    'https://user@hooks.example.com/',
    'https://user:secret@hooks.example.com/',
    'https://hooks.example.com@evil.example/',
    'https://hooks.example.com:443@evil.example/',
    'https://%40hooks.example.com:x@evil.example/',
  ])('is refused with user information: %s', (text) => {
    expect(refusal(text)).toContain('user name');
  });

  it.each(['https://hooks.example.com/#@evil.example', 'https://hooks.example.com/#'])(
    'is refused with a fragment: %s',
    (text) => {
      expect(refusal(text)).toContain('fragment');
    },
  );

  it.each(['https:hooks.example.com', 'https:/hooks.example.com/', 'HTTPS:hooks.example.com'])(
    'is refused without two slashes: %s',
    (text) => {
      expect(refusal(text)).toContain('https://');
    },
  );

  it.each([
    ['dotted', 'https://127.0.0.1/'],
    ['a cloud’s metadata', 'https://169.254.169.254/latest/meta-data/'],
    ['private', 'https://10.0.0.8/'],
    ['public too', 'https://93.184.215.14/'],
    ['one decimal number', 'https://2130706433/'],
    ['hexadecimal', 'https://0x7f000001/'],
    ['hexadecimal parts', 'https://0x7f.0x0.0x0.0x1/'],
    ['octal', 'https://0177.0.0.1/'],
    ['octal, one number', 'https://017700000001/'],
    ['short', 'https://127.1/'],
    ['zero', 'https://0/'],
    ['with a dot behind', 'https://127.0.0.1./'],
    ['percent-encoded', 'https://%31%32%37.0.0.1/'],
    ['IPv6 loopback', 'https://[::1]/'],
    ['IPv6', 'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/'],
    ['IPv4 in IPv6', 'https://[::ffff:127.0.0.1]/'],
    ['IPv4 in IPv6, hexadecimal', 'https://[::ffff:7f00:1]/'],
    ['IPv6 with a port', 'https://[fe80::1]:443/'],
  ])('is refused when its host is an address: %s', (_how, text) => {
    expect(refusal(text)).toMatch(/IP address/);
  });

  it.each([
    'https://evil.example/',
    'https://hooks.example.com.evil.example/',
    'https://evil-hooks.example.com/',
    'https://sub.hooks.example.com/',
    'https://example.com/',
    'https://hooks.example.com./',
    'https://hooks.example.com:8443/',
    'https://hooks.example.com:80/',
    'https://other.example/',
    'https://localhost/',
    'https://localhost:8443/',
    'https://metadata/',
  ])('is refused: host or port is not listed: %s', (text) => {
    expect(refusal(text)).toContain('not allowed');
  });

  it('never leads to a host that is not allowed', () => {
    const piece = fc.constantFrom(
      'hooks.example.com',
      'evil.example',
      '@',
      ':',
      '/',
      '\\',
      '#',
      '?',
      '.',
      '%2e',
      '127.1',
      ':443',
      ' ',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = `https://${pieces.join('')}`;
        if (refusal(text) !== 'accepted') return;
        // What is accepted is what the API's description allows.
        expect(text).toMatch(new RegExp(CALLBACK_URL_PATTERN, 'u'));
        const url = new URL(checkCallbackUrl(text, rules));
        expect(rules.hosts).toContain(url.host);
        expect([url.protocol, url.username, url.password]).toEqual(['https:', '', '']);
        // Checked again when it is delivered, in its own form.
        expect(checkCallbackUrl(url.href, rules)).toBe(url.href);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  describe('on this machine', () => {
    const local: CallbackRules = { hosts: [], loopback: true };

    it('may lead to localhost, without TLS and at any port', () => {
      expect(checkCallbackUrl('http://localhost:4020/done', local)).toBe('http://localhost:4020/done');
    });

    it.each([
      'http://127.0.0.1:4020/',
      'http://[::1]:4020/',
      'http://hooks.example.com/',
      'https://hooks.example.com/',
      'http://localhost.evil.example/',
      'ftp://localhost:4020/',
    ])('and nowhere else: %s', (text) => {
      expect(refusal(text, local)).not.toBe('accepted');
    });
  });
});

describe('an entry of the list of hosts', () => {
  it.each([
    ['hooks.example.com', 'hooks.example.com'],
    ['Hooks.Example.com:443', 'hooks.example.com'],
    ['hooks.example.com:8443', 'hooks.example.com:8443'],
    // Begins like an address, and is a name.
    ['1.2.3.4.example', '1.2.3.4.example'],
  ])('%s is compared as %s', (entry, host) => {
    expect(readCallbackHost(entry)).toBe(host);
  });

  it.each([
    'localhost',
    'https://hooks.example.com',
    'hooks.example.com/path',
    'hooks.example.com.',
    '*.example.com',
    '127.0.0.1',
    '0x7f.1',
    '[::1]',
    'hooks.example.com:99999',
    'user@hooks.example.com',
    'bücher.example',
    '',
  ])('%s is none', (entry) => {
    expect(readCallbackHost(entry)).toBeNull();
  });
});
