/** What a fleet's calls add up to. */

/** Sums by name: of calls, units and milliseconds. */
export class CallCounts {
  readonly #sums = new Map<string, number>();

  /** One call of a port, by port and method. */
  call(name: string): void {
    this.add(name);
  }

  add(name: string, amount = 1): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + amount);
  }

  /** 0 for a name that nothing was added to. */
  of(name: string): number {
    return this.#sums.get(name) ?? 0;
  }

  /** What was counted until now. */
  copy(): ReadonlyMap<string, number> {
    return new Map(this.#sums);
  }

  /** What was counted since `before`. */
  since(before: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    return new Map([...this.#sums].map(([name, sum]) => [name, sum - (before.get(name) ?? 0)]));
  }
}
