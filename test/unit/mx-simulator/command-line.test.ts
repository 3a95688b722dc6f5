import { describe, expect, it } from 'vitest';
import { HELP, readCommandLine } from '../../../infra/mx-simulator/command-line.ts';
import { ROUTE_KINDS } from '../../../infra/mx-simulator/route-match.ts';
import { scenarioNames } from '../../../infra/mx-simulator/scenarios.ts';

describe('the command line', () => {
  it('has a default for everything', () => {
    expect(readCommandLine([], {})).toEqual({ isHelp: false, port: 4010, seed: 1, webhooks: null, model: {} });
  });

  it('takes the port from the flag before the environment', () => {
    const environment = { MX_SIMULATOR_PORT: '5001' };
    expect(readCommandLine([], environment).port).toBe(5001);
    expect(readCommandLine(['--port', '0'], environment).port).toBe(0);
  });

  it('takes where webhooks go and how jobs are', () => {
    const args =
      '--webhook-url http://localhost:1/w --webhook-user u --webhook-password p --job-seconds 0.5 --background-every 60 --clock-ahead=-20';
    expect(readCommandLine(args.split(' '), {})).toMatchObject({
      webhooks: { url: 'http://localhost:1/w', user: 'u', password: 'p' },
      model: { jobSeconds: 0.5, backgroundEverySeconds: 60, clockAheadSeconds: -20 },
    });
  });

  it.each([
    [['--port', '70000'], '--port has to be a whole number up to 65535.'],
    [['--port', 'x'], '--port has to be a number of 0 or more.'],
    [['--seed', ''], '--seed has to be a number of 0 or more.'],
    [['--webhook-url', 'localhost'], '--webhook-url has to be an http or https address.'],
    [['--job-seconds', '-1'], /job-seconds/],
    [['--clock-ahead=soon'], '--clock-ahead has to be a number.'],
    [['--colour', 'red'], /--colour/],
  ])('refuses %j with a sentence', (args, sentence) => {
    expect(() => readCommandLine(args, {})).toThrow(sentence);
  });

  it('explains all scenarios, faults with their routes, and commands', () => {
    for (const word of [...scenarioNames(), ...ROUTE_KINDS, 'add-fault', 'set-balances']) expect(HELP).toContain(word);
  });
});
