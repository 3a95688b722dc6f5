#!/usr/bin/env node
/** `mx-fresh-balances`: the operator's command. */
import packageJson from '../../package.json' with { type: 'json' };
import { runCommandLine } from './command-line.ts';
import { endingOf } from './ending.ts';
import { processTerminal } from './terminal.ts';

// What no command has caught: a bug, or a library that throws outside of every call. A sentence too, and no stack trace.
process.on('uncaughtException', (error) => {
  const { exitCode, sentence } = endingOf(error);
  process.stderr.write(`${sentence}\n`);
  process.exit(exitCode);
});

const exitCode = await runCommandLine(process.argv.slice(2), processTerminal(), packageJson.version);
process.exit(exitCode);
