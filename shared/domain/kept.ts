/** The most names that are kept, so that names from outside cannot fill the memory. */
const MOST_NAMES = 200;

/** Keeps what was made, by name; with 200 of them it forgets all. */
export function keptByName<Made>(): (name: string, make: () => Made) => Made {
  const kept = new Map<string, Made>();
  return (name, make) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const made = make();
    if (kept.size >= MOST_NAMES) kept.clear();
    kept.set(name, made);
    return made;
  };
}
