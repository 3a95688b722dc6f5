/** A terminal that keeps what is written. */
import type { Terminal } from '../../../infra/operator/terminal.ts';
import { instantOf } from '../../../shared/domain/instant.ts';
import { T0 } from '../../samples.ts';

/** A terminal, and what was written to it. */
export interface FakeTerminal {
  readonly terminal: Terminal;
  /** The output. */
  readonly out: () => string;
  /** The lines of the error output. */
  readonly said: readonly string[];
  /** Presses Ctrl-C. */
  readonly interrupt: () => void;
}

/** One that cannot ask, unless `more` says otherwise. Sleeping lets its clocks go on. */
export function fakeTerminal(more: Partial<Terminal> = {}): FakeTerminal {
  const out: string[] = [];
  const said: string[] = [];
  const stop = new AbortController();
  let milliseconds = 0;
  return {
    out: () => out.join(''),
    said,
    interrupt: () => stop.abort(),
    terminal: {
      write: async (text) => void out.push(text),
      say: (line) => said.push(line),
      sayOver: null,
      red: (text) => text,
      confirm: null,
      stop: stop.signal,
      environment: {},
      now: () => instantOf(Date.parse(T0) + milliseconds),
      elapsed: () => milliseconds,
      sleep: async (time) => {
        milliseconds += time;
      },
      ...more,
    },
  };
}
