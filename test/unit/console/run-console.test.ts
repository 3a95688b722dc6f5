import { describe, expect, it } from 'vitest';
import { runConsole } from '../../../infra/console/run-console.ts';
import { fakeTerminal } from '../operator/fake-terminal.ts';

describe('the command line of the console', () => {
  it.each<[string, readonly string[], Record<string, string>, number, string]>([
    ['no deployment', [], {}, 2, 'Which deployment?'],
    ['a port that is none', ['--local', '--port', '70000'], {}, 2, 'It has to be a port, from 0 to 65535.'],
    ['an unknown option', ['--locl'], {}, 2, 'Did you mean --local?'],
    ['no stack', ['--local'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, 3, 'AWS was not reached (ECONNREFUSED)'],
  ])('%s: a sentence and an exit code', async (_what, args, environment, exitCode, sentence) => {
    const { terminal, said } = fakeTerminal({ environment });
    expect(await runConsole(args, terminal, '1.2.3')).toBe(exitCode);
    expect(said.join('\n')).toContain(sentence);
  });

  it('has a help', async () => {
    const { terminal, out } = fakeTerminal();
    expect(await runConsole(['--help'], terminal, '1.2.3')).toBe(0);
    expect(out()).toContain('--expect-account');
    expect(out()).toContain('CALLER');
  });
});
