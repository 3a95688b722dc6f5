#!/usr/bin/env node
/** `npm run console`: the page of a deployment, until Ctrl-C. */
import packageJson from '../../package.json' with { type: 'json' };
import { processTerminal } from '../operator/terminal.ts';
import { runConsole } from './run-console.ts';

const exitCode = await runConsole(process.argv.slice(2), processTerminal(), packageJson.version);
process.exit(exitCode);
