/** The switch that every mutated file asks: which mutant is on, and, while none is, which of them the code comes by. */

/** Thrown in place of going on for ever. */
export class RanTooLong extends Error {
  override readonly name = 'RanTooLong';
}

/** The state of a process in which mutated code runs. */
interface Switches {
  readonly isOn: (id: number) => boolean;
}

declare global {
  var __mutants: Switches;
}

let active = 0;
let asked = 0;
let most = Number.POSITIVE_INFINITY;
let met = new Set<number>();

/** Makes the switch. Mutated files ask for it when they are loaded. */
export function install(): void {
  globalThis.__mutants = {
    isOn(id) {
      asked += 1;
      if (active === 0) {
        met.add(id);
        return false;
      }
      if (asked > most) throw new RanTooLong(`mutant ${active} asks and asks`);
      return id === active;
    },
  };
}

/** Switches mutant `id` on. After `limit` questions the code is taken for an endless loop. */
export function switchOn(id: number, limit: number): void {
  active = id;
  asked = 0;
  most = limit;
}

/** Switches off what is on; from here on it is noted what the code comes by. */
export function switchOff(): void {
  active = 0;
  asked = 0;
  most = Number.POSITIVE_INFINITY;
  met = new Set();
}

/** What the code has come by since `switchOff`. */
export const metSince = (): readonly number[] => [...met];

/** How often it has asked since then. */
export const askedSince = (): number => asked;

/** Whether the active mutant has asked more than it may. */
export const ranTooLong = (): boolean => asked > most;
