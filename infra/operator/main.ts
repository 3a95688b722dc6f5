#!/usr/bin/env node
/** `mx-fresh-balances`: the operator's command. */
import packageJson from '../../package.json' with { type: 'json' };
import { runCommandLine } from './command-line.ts';
import { processTerminal } from './terminal.ts';

const exitCode = await runCommandLine(process.argv.slice(2), processTerminal(), packageJson.version);
process.exit(exitCode);
