/** The view that the page's address names. */
import { useEffect, useState } from 'preact/hooks';
import { type View, viewOf } from './view.ts';

/** The view that the address names, now and after each change of it. */
export function useView(): View {
  const [view, setView] = useState(() => viewOf(location.hash));
  useEffect(() => {
    const changed = (): void =>
      // The same view again is no change.
      setView((before) => {
        const now = viewOf(location.hash);
        return JSON.stringify(now) === JSON.stringify(before) ? before : now;
      });
    addEventListener('hashchange', changed);
    // It may have changed between the first picture and this.
    changed();
    return () => removeEventListener('hashchange', changed);
  }, []);
  return view;
}
