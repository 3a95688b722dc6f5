/** How many requests API Gateway lets through. */
export interface Throttle {
  /** Tokens that come back each second. */
  readonly ratePerSecond: number;
  /** Tokens that a full bucket holds. */
  readonly burst: number;
}

/** The bucket of one route: each request takes a token, and is refused when there is none. It begins full. */
export class TokenBucket {
  readonly #throttle: Throttle;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /** @param now milliseconds */
  constructor(throttle: Throttle, now: () => number) {
    this.#throttle = throttle;
    this.#now = now;
    this.#tokens = throttle.burst;
    this.#filledAt = now();
  }

  /** Takes a token; false when there is none. */
  take(): boolean {
    const now = this.#now();
    // A clock that is set back gives nothing.
    const back = (Math.max(0, now - this.#filledAt) / 1000) * this.#throttle.ratePerSecond;
    this.#tokens = Math.min(this.#throttle.burst, this.#tokens + back);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
