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

/** A page that is open and not used, as on a second screen over night. */
const UNUSED_MS = 10 * 60_000;

let usedAt = performance.now();
const waking = new Set<() => void>();
for (const sign of ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart']) {
  addEventListener(
    sign,
    () => {
      const wasUnused = slowness() > 1;
      usedAt = performance.now();
      if (wasUnused) for (const wake of waking) wake();
    },
    { passive: true, capture: true },
  );
}

const slowness = (): number => (performance.now() - usedAt > UNUSED_MS ? 10 : 1);

/** So long after an answer it is asked again; null: only when told to. */
type Every<Data> = number | null | ((data: Data | null) => number | null);

/**
 * @param path null: nothing is asked for.
 * @param every in milliseconds, by what was told last. Only while the page can be seen; ten times as long while it is not used.
 */
export function usePanel<Data>(path: string | null, every: Every<Data>): Panel<Data> {
  const [state, setState] = useState<State<Data>>(nothing(path));
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const newest = useRef<Data | null>(null);

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
        newest.current = told?.data ?? newest.current;
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
      const pause = typeof every === 'function' ? every(newest.current) : every;
      if (pause !== null && !stop.signal.aborted) timer = setTimeout(again, pause * slowness());
    }

    const again = (): void => {
      if (path !== null && document.visibilityState === 'visible') void load(path);
    };
    const seen = (): void => {
      if (every !== null) again();
    };
    void load(path);
    document.addEventListener('visibilitychange', seen);
    waking.add(seen);
    return () => {
      newest.current = null;
      waking.delete(seen);
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
    // `every` never changes for a place of the page.
  }, [path, round]);

  // Never the data of the address before.
  const { data, asOf, problem } = state.path === path ? state : nothing<Data>(path);
  return { data, asOf, problem, reload };
}

const nothing = <Data>(path: string | null): State<Data> => ({ path, data: null, asOf: null, problem: null });
