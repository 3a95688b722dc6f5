/** The API's clock, as the server told it last, going on by a clock of the browser that is never set. */
import { useEffect, useState } from 'preact/hooks';

let told = { atMs: Date.now(), elapsed: performance.now() };

/** Takes the time of an answer. */
export function setClock(asOf: string): void {
  const atMs = Date.parse(asOf);
  if (!Number.isNaN(atMs)) told = { atMs, elapsed: performance.now() };
}

/** Milliseconds since 1970, by the API's clock. */
export const nowMs = (): number => told.atMs + performance.now() - told.elapsed;

const listeners = new Set<() => void>();

/** The same, anew each second. */
export function useNow(): number {
  const [now, setNow] = useState(nowMs);
  useEffect(() => {
    const listener = (): void => setNow(nowMs());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return now;
}

setInterval(() => {
  if (document.visibilityState === 'visible') for (const listener of listeners) listener();
}, 1_000);
