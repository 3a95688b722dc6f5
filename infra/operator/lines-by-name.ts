/** Which line of a file named something first: 16 to 32 bytes a name, so that a million lines need some 30 MB. */
import { hash } from 'node:crypto';

/** What was said of a name. */
export interface Said {
  /** The first line that named it. */
  readonly line: number;
  /** Whether that line said the same. */
  readonly isSame: boolean;
}

const LEAST = 1_024;
/** Per entry: two halves of the name's hash, the line (0: free), a hash of what is said. */
const WIDTH = 4;

/**
 * The lines of names. Names are told apart by 64 bits of a hash: of a million, two are taken for one with a chance of one
 * in 37 million, and then both lines are named as doubles.
 */
export class LinesByName {
  #table = new Uint32Array(LEAST * WIDTH);
  #count = 0;

  /** Notes that `line` says `what` of `name`; null when it is the first to name it, else what the first one said. */
  note(name: string, what: string, line: number): Said | null {
    if (this.#count * 2 >= this.#table.length / WIDTH) this.#grow();
    const [high, low] = hashOf(name);
    const [said] = hashOf(what);
    const at = place(this.#table, high, low);
    const known = this.#table[at + 2] ?? 0;
    if (known !== 0) return { line: known, isSame: this.#table[at + 3] === said };
    this.#table.set([high, low, line, said], at);
    this.#count += 1;
    return null;
  }

  /** The line that named it first; null: none did. */
  firstLine(name: string): number | null {
    return this.#table[place(this.#table, ...hashOf(name)) + 2] || null;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#table.length * 2);
    for (let at = 0; at < this.#table.length; at += WIDTH) {
      const [high = 0, low = 0, line = 0] = this.#table.subarray(at, at + WIDTH);
      if (line !== 0) larger.set(this.#table.subarray(at, at + WIDTH), place(larger, high, low));
    }
    this.#table = larger;
  }
}

/** Where the entry of a hash is, or would be: the table is never full. */
function place(table: Uint32Array, high: number, low: number): number {
  const entries = table.length / WIDTH;
  let entry = low % entries;
  for (;;) {
    const at = entry * WIDTH;
    if (table[at + 2] === 0 || (table[at] === high && table[at + 1] === low)) return at;
    entry = (entry + 1) % entries;
  }
}

function hashOf(text: string): [number, number] {
  const digest = hash('sha1', text, 'buffer');
  return [digest.readUInt32BE(0), digest.readUInt32BE(4)];
}
