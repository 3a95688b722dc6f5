import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../../infra/operator/command-line.ts';
import { readSpan } from '../../../infra/operator/commands/pause.ts';
import { fakeTerminal } from './fake-terminal.ts';

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { terminal, out, said } = fakeTerminal({ environment });
  const exitCode = await runCommandLine(args, terminal, '1.2.3');
  return { exitCode, out: out(), said: said.join('\n') };
}

describe('the command line', () => {
  it('says its version', async () => {
    expect(await run(['--version'])).toEqual({ exitCode: 0, out: '1.2.3\n', said: '' });
  });

  it.each([['--help'], ['schedules', '--help'], ['schedules', 'export', '--help'], ['help', 'schedules']])(
    'helps: %s %s %s',
    async (...args) => {
      const { exitCode, out, said } = await run(args);
      expect([exitCode, said]).toEqual([0, '']);
      expect(out).toContain('Usage: mx-fresh-balances');
    },
  );

  it('documents its exit codes', async () => {
    const { out } = await run(['--help']);
    for (const code of [0, 1, 2, 3, 4, 5, 130, 141]) expect(out).toMatch(new RegExp(`\\b${code} `));
  });

  it.each<[string, readonly string[], string]>([
    ['no command', [], 'Usage: mx-fresh-balances'],
    ['a part of a command', ['schedules'], 'Usage: mx-fresh-balances schedules'],
    ['a misspelt command', ['shedules'], 'Did you mean schedules?'],
    ['a misspelt option', ['schedules', 'export', '--locale'], 'Did you mean --local?'],
    ['too much', ['schedules', 'export', 'more'], 'too many arguments'],
    ['an option without its value', ['schedules', 'export', '--stack'], 'argument missing'],
    ['no deployment', ['schedules', 'export'], 'Which deployment?'],
    ['a pause without its time', ['pause', '--why', 'a reason'], 'For how long, and why?'],
    ['a pause without a reason', ['pause', '--for', '2h'], 'For how long, and why?'],
    ['a pause of no time', ['pause', '--for', '0m'], 'from 1m to 24h'],
    ['a pause of more than a day', ['pause', '--for', '25h'], 'from 1m to 24h'],
    ['a pause of seconds', ['pause', '--for', '90s'], 'from 1m to 24h'],
    ['a pause of half an hour in hours', ['pause', '--for', '0.5h'], 'from 1m to 24h'],
    ['an empty reason', ['pause', '--why', ' '], 'one line of 1 to 500 characters'],
    ['a reason of two lines', ['pause', '--why', 'a\nb'], 'one line of 1 to 500 characters'],
    ['too long a reason', ['pause', '--why', 'a'.repeat(501)], 'one line of 1 to 500 characters'],
  ])('refuses %s', async (_what, args, sentence) => {
    const { exitCode, out, said } = await run(args);
    expect([exitCode, out]).toEqual([2, '']);
    expect(said).toContain(sentence);
    expect(said).not.toMatch(/\n\s+at /);
  });

  it('refuses --local with the endpoint of another machine', async () => {
    const elsewhere = { AWS_ENDPOINT_URL: 'https://dynamodb.eu-west-1.amazonaws.com' };
    const { exitCode, said } = await run(['deployment', '--local'], elsewhere);
    expect([exitCode, said]).toEqual([
      2,
      '--local, but AWS_ENDPOINT_URL is https://dynamodb.eu-west-1.amazonaws.com, which is not this machine.',
    ]);
  });

  it('tells programs of errors in JSON', async () => {
    const { exitCode, said } = await run(['deployment', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(said)).toEqual({ error: expect.stringMatching(/^Which deployment/), exit_code: 2 });
  });
});

describe('the time of a pause', () => {
  it.each([
    ['1m', 60],
    ['90m', 5_400],
    ['2h', 7_200],
    ['24h', 86_400],
    ['1440m', 86_400],
  ])('%s is %d s', (text, seconds) => {
    expect(readSpan(text)).toBe(seconds);
  });
});
