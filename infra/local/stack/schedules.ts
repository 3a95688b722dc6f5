/** One schedule: an `AWS::Scheduler::Schedule` or an `AWS::Events::Rule` with a schedule. */
export interface ScheduleSpec {
  readonly logicalId: string;
  readonly everyMs: number;
  readonly enabled: boolean;
  /** Firings that may run at the same time; more are left out. */
  readonly maxOverlap: number;
  /** @param scheduledAt milliseconds since 1970 */
  readonly fire: (scheduledAt: number) => Promise<void>;
  readonly onSkipped: (reason: string) => void;
}

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The longest wait of a timer: after a machine's sleep, a longer one would fire late. */
const MAX_SLEEP_MS = 60_000;

/** Reads `rate(5 minutes)`. @throws Error with a sentence for anything else: cron is not run locally. */
export function readRate(expression: string, where: string): number {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression.trim()) ?? [];
  const every = Number(count) * (unitMs[unit] ?? 0);
  if (every > 0) return every;
  throw new Error(`${where}: the local stack runs rate(n minutes|hours|days) only and got ${expression}`);
}

/** Fires schedules at whole multiples of their interval (a minute's at the full minute), or by hand. */
export class Schedules {
  readonly #specs: readonly ScheduleSpec[];
  readonly #now: () => number;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #running = new Map<string, number>();
  #firings = 0;

  constructor(specs: readonly ScheduleSpec[], now: () => number) {
    this.#specs = specs;
    this.#now = now;
  }

  /** Firings that are not over. */
  get busy(): number {
    return this.#firings;
  }

  /** Starts the timers of the enabled schedules. */
  start(): void {
    for (const spec of this.#specs) {
      if (spec.enabled) this.#sleep(spec, nextMultiple(this.#now(), spec.everyMs));
    }
  }

  /** Fires one schedule now, enabled or not. Rejects when the invocation fails. */
  fire(logicalId: string): Promise<void> {
    const spec = this.#specs.find((candidate) => candidate.logicalId === logicalId);
    if (spec === undefined) return Promise.reject(new Error(`${logicalId} is no schedule`));
    return this.#fire(spec, this.#now());
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #sleep(spec: ScheduleSpec, at: number): void {
    const left = at - this.#now();
    const wake = (): void => {
      if (at > this.#now()) {
        this.#sleep(spec, at);
        return;
      }
      this.#sleep(spec, nextMultiple(this.#now(), spec.everyMs));
      if ((this.#running.get(spec.logicalId) ?? 0) >= spec.maxOverlap) {
        spec.onSkipped(`schedule ${spec.logicalId} is left out once: its earlier firings still run`);
        return;
      }
      // The failed invocation has been reported as an observation, and the next firing follows.
      this.#fire(spec, at).catch(() => {});
    };
    this.#timers.set(spec.logicalId, setTimeout(wake, Math.min(Math.max(left, 0), MAX_SLEEP_MS)));
  }

  async #fire(spec: ScheduleSpec, at: number): Promise<void> {
    this.#firings += 1;
    this.#running.set(spec.logicalId, (this.#running.get(spec.logicalId) ?? 0) + 1);
    try {
      await spec.fire(at);
    } finally {
      this.#firings -= 1;
      this.#running.set(spec.logicalId, (this.#running.get(spec.logicalId) ?? 1) - 1);
    }
  }
}

const nextMultiple = (now: number, every: number): number => (Math.floor(now / every) + 1) * every;
