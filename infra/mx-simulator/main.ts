import { HELP, readCommandLine } from './command-line.ts';
import { startMxSimulator } from './http-server.ts';
import { DEFAULT_SETTINGS } from './options.ts';
import { SEED_MEMBERS } from './seed-data.ts';

function welcome(url: string): string {
  const { clientId, apiKey } = DEFAULT_SETTINGS;
  const width = Math.max(...SEED_MEMBERS.map(({ id }) => id.length));
  const members = SEED_MEMBERS.map(
    ({ id, userId, guid, scenario }) => `  ${userId}  ${id.padEnd(width)}  ${guid}  ${scenario}`,
  );
  const curl = `curl -s -u ${clientId}:${apiKey} -H 'Accept-Version: v20250224'`;
  const path = `${url}/users/user-1/members/member-ok`;
  return [
    `MX simulator on ${url}`,
    `  client id ${clientId}, API key ${apiKey}`,
    '',
    'Members and their scenarios (guid or id can be used):',
    ...members,
    '',
    'Try:',
    `  ${curl} -X POST ${path}/check_balance`,
    `  ${curl} ${path}/status`,
    `  ${curl} ${path}/accounts`,
    `  curl -s ${url}/_simulator/state`,
    `  curl -s ${url}/_simulator/set-scenario -d '{"member":"member-ok","scenario":"denied"}'`,
    '',
    'Ctrl-C ends it; --help says more.',
  ].join('\n');
}

try {
  const wanted = readCommandLine(process.argv.slice(2), process.env);
  if (wanted.isHelp) console.log(HELP);
  else {
    const { port, seed, webhooks, model } = wanted;
    const simulator = await startMxSimulator({ port, model: { ...model, seed }, ...(webhooks ? { webhooks } : {}) });
    console.log(welcome(simulator.url));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close());
  }
} catch (problem) {
  console.error(problem instanceof Error ? problem.message : problem);
  process.exitCode = 1;
}
