/**
 * The runbook's lines, run as they are written, against the running local stack: within this process, because a process of its own
 * for each of them takes a second of a CPU.
 */
import { setTimeout } from 'node:timers/promises';
import { runCommandLine } from '../../infra/operator/command-line.ts';
import type { Terminal } from '../../infra/operator/terminal.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { instantOf } from '../../shared/domain/instant.ts';
import { headingsOf, runbook, trialsOf, whyNotRun } from '../runbook-lines.ts';
import type { Ended } from './operators-command.ts';
import type { Running } from './running.ts';

const headings = headingsOf(runbook);

/** What a line of the runbook has for the reader to fill in, and what it is here. */
type Filled = Readonly<Record<string, string>>;

/** A run that goes on until Ctrl-C. */
interface Following {
  /** Resolves when it has written `text`. */
  readonly shows: (text: string) => Promise<void>;
  /** Presses Ctrl-C. */
  readonly stop: () => Promise<Ended>;
}

/** Plays headings of the runbook. */
export interface Played {
  /**
   * Runs the line `npm run -s ops -- <command>` of the heading, at a terminal whose user says yes.
   *
   * @throws Error when the heading has no such line
   */
  ops(anchor: string, command: string, filled?: Filled): Promise<Ended>;
  /** Begins such a line that goes on until Ctrl-C. */
  follow(anchor: string, command: string): Following;
  /** The heading's line that begins so, for what runs it in its own way. @throws Error when it has none */
  line(anchor: string, begins: string): string;
  /** Lines that this file has to run by the runbook's table of trials, and has not. */
  notRun(): readonly string[];
}

/** @param file the test's own, as the table of trials names it. @param now the stack's clock */
export function playedRunbook(running: Running, file: string, now: () => number = Date.now): Played {
  const own = new Set(trialsOf(runbook).flatMap(({ anchor, played }) => (played?.file === file ? [anchor] : [])));
  const run = new Set<string>();

  function line(anchor: string, begins: string): string {
    const lines = headings.find((heading) => heading.anchor === anchor)?.lines ?? [];
    const found = lines.find((one) => one === begins) ?? lines.find((one) => one.startsWith(begins));
    if (found === undefined) throw new Error(`the runbook has no line “${begins}” under #${anchor}`);
    run.add(`#${anchor}: ${found}`);
    return found;
  }

  function begin(anchor: string, command: string, filled: Filled = {}): Following & { readonly ended: Promise<Ended> } {
    const written = line(anchor, OPS + command);
    if (written !== OPS + command) throw new Error(`the runbook says “${written}” and not “${command}”`);
    const stop = new AbortController();
    const texts = { out: '', said: '' };
    const waiting = new Set<{ readonly text: string; readonly resolve: () => void }>();
    const has = (text: string): boolean => `${texts.said}${texts.out}`.includes(text);
    const told = (to: 'out' | 'said', text: string): void => {
      texts[to] += text;
      for (const { text: wanted, resolve } of waiting) if (has(wanted)) resolve();
    };
    const terminal: Terminal = {
      write: async (text) => told('out', text),
      say: (said) => told('said', `${said}\n`),
      sayOver: null,
      red: (text) => text,
      confirm: async (question) => {
        told('said', `${question}\n`);
        return true;
      },
      stop: stop.signal,
      environment: { AWS_ENDPOINT_URL: running.project.stack.awsEndpointUrl },
      now: () => instantOf(now()),
      elapsed: () => performance.now(),
      sleep: (milliseconds) => setTimeout(milliseconds, undefined, { signal: stop.signal }),
    };
    const args = wordsOf(written.slice(OPS.length)).map((word) => filled[word] ?? word);
    const ended = runCommandLine([...args, '--local'], terminal, packageJson.version).then(
      (exitCode): Ended => ({ exitCode, ...texts }),
    );
    return {
      ended,
      shows: (text) =>
        new Promise((resolve) => {
          if (has(text)) resolve();
          else waiting.add({ text, resolve });
        }),
      stop() {
        stop.abort();
        return ended;
      },
    };
  }

  return {
    line,
    ops: (anchor, command, filled) => begin(anchor, command, filled).ended,
    follow: (anchor, command) => begin(anchor, command),
    notRun: () =>
      headings
        .filter(({ anchor }) => own.has(anchor))
        .flatMap(({ anchor, lines }) => lines.map((one) => ({ anchor, one })))
        .filter(({ anchor, one }) => whyNotRun(one) === null && !run.has(`#${anchor}: ${one}`))
        .map(({ anchor, one }) => `#${anchor}: ${one}`),
  };
}

const OPS = 'npm run -s ops -- ';

/** The words of a shell's line, without their quotes. */
const wordsOf = (text: string): readonly string[] =>
  [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain ?? '');
