/** A promise that was broken. The numbers are those of the invariants in the README. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** 0: none of the invariants, but the expectation that a history without faults ends as its scenario says. */
  readonly invariant: number;

  constructor(invariant: number, message: string) {
    super(message);
    this.invariant = invariant;
  }
}
