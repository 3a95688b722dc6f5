/** Virtual time: things happen in the order of their instants, ties in the order in which they were planned. */

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock and what is to happen. */
export interface Scheduler {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Plans `run` for `at`; what lies in the past happens next. */
  at(at: number, run: () => void): void;
  /** Moves the clock to the next thing that is planned and does it; false when there is none. */
  step(): boolean;
}

/** A scheduler at `start`, epoch milliseconds. */
export function createScheduler(start: number): Scheduler {
  // A binary heap: the earliest is first, each parent is not later than its two children.
  const heap: Planned[] = [];
  let now = start;
  let planned = 0;
  const before = (a: Planned, b: Planned): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(item: Planned): void {
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(item, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = item;
  }

  function pop(): Planned | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const [child, at] = b !== undefined && before(b, a) ? [b, left + 1] : [a, left];
      if (!before(child, last)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = last;
    return first;
  }

  return {
    now: () => now,
    at(at, run) {
      planned += 1;
      push({ at: Math.max(at, now), order: planned, run });
    },
    step() {
      const next = pop();
      if (next === undefined) return false;
      now = next.at;
      next.run();
      return true;
    },
  };
}
