/** What the console's server tells the view *Try it*. Types alone: both sides import them. */

/** RFC 3339, UTC, milliseconds. */
type Instant = string;

/** Something that can be tried: its name for the server, and what it is. */
export interface Offer {
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

/** Offers under a title. */
export interface OfferGroup {
  readonly title: string;
  readonly offers: readonly Offer[];
}

/** What can be tried. */
export interface TryList {
  /** A member and a refresh each. */
  readonly stories: readonly Offer[];
  /** Every scenario that the simulator knows, by what it is about. */
  readonly scenarios: readonly OfferGroup[];
  /** What can be switched on. */
  readonly faults: readonly OfferGroup[];
  /** What happens once. */
  readonly events: readonly Offer[];
}

/** A member of the simulator. */
export interface SimulatedShown {
  /** For the simulator. */
  readonly guid: string;
  /** As the API is asked for it: own ids where there are some. */
  readonly user: string;
  readonly member: string;
  readonly scenario: string;
}

/** Something that was switched on. */
export interface OnShown {
  /** For taking it back. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** Whom it hits; null: everybody. */
  readonly member: string | null;
  /** How many calls it will still hit; null: until it is taken back. */
  readonly left: number | null;
}

/** What is on in the simulator. */
export interface PlayedShown {
  readonly on: readonly OnShown[];
}

/** An answer of the API, as callers see it. */
export interface SeenAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** What it says, in a sentence. */
  readonly says: string;
  /** Its headers that say something about balances or waiting, a line each. */
  readonly headers: string;
  /** Its body in lines; empty: it has none. */
  readonly text: string;
}

/** A refresh that was triggered. */
export interface TriedShown {
  readonly user: string;
  readonly member: string;
  readonly trigger: SeenAnswer;
}

/** What the bank asks the user. */
export interface QuestionShown {
  readonly guid: string;
  readonly label: string;
}

/** A call that MX was asked. */
export interface AskedShown {
  readonly at: Instant;
  readonly method: string;
  readonly path: string;
  /** Of the answer; with a fault on the wire, that which was meant to be given. */
  readonly status: number;
  /** The title of the fault that hit it, or what that did; null: none has. */
  readonly fault: string | null;
}
