/** A part of the page that shows data of one address, asks for them again, and keeps what it has when that fails. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../shapes.ts';
import { ask } from './ask.ts';

/** What a part shows. */
export interface Panel<Data> {
  /** The last that was told; null: nothing yet. */
  readonly data: Data | null;
  /** When that was. */
  readonly asOf: string | null;
  /** Why the newest question was not answered; null: it was. */
  readonly problem: Problem | null;
  /** Asks anew, now. */
  readonly reload: () => void;
}

interface State<Data> extends Omit<Panel<Data>, 'reload'> {
  readonly path: string | null;
}

/**
 * @param path null: nothing is asked for.
 * @param everyMs asks again so long after an answer, while the page can be seen; null: only when told to.
 */
export function usePanel<Data>(path: string | null, everyMs: number | null): Panel<Data> {
  const [state, setState] = useState<State<Data>>(nothing(path));
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const pause = useRef(everyMs);
  pause.current = everyMs;

  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;

    async function load(asked: string): Promise<void> {
      if (asking) return;
      asking = true;
      clearTimeout(timer);
      try {
        const { told, problem } = await ask<Data>({ path: asked, signal: stop.signal });
        setState((before) => {
          const kept = before.path === asked ? before : nothing<Data>(asked);
          return told === null
            ? { ...kept, problem }
            : { path: asked, data: told.data, asOf: told.asOf, problem: null };
        });
      } catch {
        // Aborted: another address is shown now.
      }
      asking = false;
      if (pause.current !== null && !stop.signal.aborted) timer = setTimeout(again, pause.current);
    }

    const again = (): void => {
      if (path !== null && document.visibilityState === 'visible') void load(path);
    };
    const seen = (): void => {
      if (pause.current !== null) again();
    };
    void load(path);
    document.addEventListener('visibilitychange', seen);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [path, everyMs, round]);

  // Never the data of the address before.
  const { data, asOf, problem } = state.path === path ? state : nothing<Data>(path);
  return { data, asOf, problem, reload };
}

const nothing = <Data>(path: string | null): State<Data> => ({ path, data: null, asOf: null, problem: null });
