/** One number for each second of a run. */

/** Counts or largest values by second; what lies outside the run is left out. */
export class PerSecond {
  readonly #values: Float64Array;

  constructor(seconds: number) {
    this.#values = new Float64Array(seconds);
  }

  add(second: number): void {
    this.#values[second] = this.at(second) + 1;
  }

  atLeast(second: number, value: number): void {
    this.#values[second] = Math.max(this.at(second), value);
  }

  at(second: number): number {
    return this.#values[second] ?? 0;
  }

  /** From second `from` to before second `to`. */
  between(from: number, to: number): readonly number[] {
    return [...this.#values.subarray(from, to)];
  }
}
