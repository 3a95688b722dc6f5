import { describe, expect, it } from 'vitest';
import { readStartOptions } from '../../../infra/local/start-options.ts';

describe('the options of npm start', () => {
  it('have the same ports and member in every run', () => {
    expect(readStartOptions([], {})).toEqual({
      help: false,
      once: false,
      logs: false,
      scenario: null,
      minutesPerSecond: null,
      port: 3000,
      awsPort: 4566,
      simulatorPort: 4010,
      consolePort: 4700,
      seed: 1,
      data: null,
      caller: null,
      callbackSecret: null,
      settings: {},
      realMx: null,
      member: { user: 'user-1', member: 'member-ok' },
    });
  });

  it('are told otherwise by options and variables', () => {
    const environment = { AWS_ENDPOINT_PORT: '0', CALLER: 'me:a:b', CALLBACK_SECRET: `whsec_${'A'.repeat(32)}` };
    expect(readStartOptions(['--minutes-per-second', '10'], {})).toMatchObject({ minutesPerSecond: 10 });
    expect(readStartOptions(['--data', 'kept'], {})).toMatchObject({ data: 'kept' });
    expect(readStartOptions(['--logs', '--scenario', 'outage'], environment)).toMatchObject({
      logs: true,
      scenario: 'outage',
      awsPort: 0,
      caller: { clientId: 'me', key: 'a:b' },
      callbackSecret: 'A'.repeat(32),
    });
  });

  it.each<[string[], Record<string, string>, string]>([
    [['--scenario', 'x'], {}, '--scenario has to be one of denied, slow, challenged, outage, mx-down; it is "x".'],
    [
      ['--scenario', 'slow'],
      { MX_CLIENT_ID: 'a', MX_API_KEY: 'b' },
      '--scenario needs the simulator: unset MX_CLIENT_ID.',
    ],
    [
      ['--scenario', 'slow', '--user', 'u', '--member', 'm'],
      {},
      '--scenario has a member of its own; leave --member out.',
    ],
    [
      ['--scenario', 'outage', '--set', 'apiAccess=iam'],
      {},
      '--scenario outage moves the clock and needs callers with keys: leave apiAccess=iam out.',
    ],
    ...['learning', 'breaker'].map((setting): [string[], Record<string, string>, string] => [
      ['--scenario', 'outage', '--set', `${setting}=false`],
      {},
      '--scenario outage shows a breaker: leave learning=false and breaker=false out.',
    ]),
    [['--data', ''], {}, '--data needs the name of a folder.'],
    ...[
      ['--scenario', 'outage'],
      ['--minutes-per-second', '1'],
    ].map((moved): [string[], Record<string, string>, string] => [
      ['--data', 'kept', ...moved],
      {},
      '--data keeps what happened, and a clock that is moved is ahead: leave one of them out.',
    ]),
    ...['0', '11', '1.5', 'x', ''].map((text): [string[], Record<string, string>, string] => [
      ['--minutes-per-second', text],
      {},
      `--minutes-per-second has to be a whole number from 1 to 10; it is "${text}".`,
    ]),
    [
      ['--minutes-per-second', '1'],
      { MX_CLIENT_ID: 'a', MX_API_KEY: 'b' },
      '--minutes-per-second needs the simulator: unset MX_CLIENT_ID.',
    ],
    [
      ['--minutes-per-second', '1', '--scenario', 'slow'],
      {},
      '--minutes-per-second and --scenario do not go together.',
    ],
    [
      ['--minutes-per-second', '1', '--user', 'u', '--member', 'm'],
      {},
      '--minutes-per-second has members of its own; leave --member out.',
    ],
    [
      ['--minutes-per-second', '1', '--set', 'apiAccess=iam'],
      {},
      '--minutes-per-second needs callers with keys: leave apiAccess=iam out.',
    ],
    [[], { AWS_ENDPOINT_PORT: 'x' }, 'AWS_ENDPOINT_PORT has to be a whole number from 0 to 65535; it is "x".'],
    [[], { CALLER: 'nobody' }, 'CALLER has to be client_id:key.'],
    [[], { CALLBACK_SECRET: 'whsec_short' }, 'CALLBACK_SECRET has to be whsec_ and at least 24 bytes in base 64.'],
  ])('%j %j', (args, environment, sentence) => {
    expect(() => readStartOptions(args, environment)).toThrow(sentence);
  });
});
