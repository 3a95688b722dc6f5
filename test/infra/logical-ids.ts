/**
 * The logical ids of the template's resources, for settings that add and remove resources.
 *
 * Run as a program (`npm run logical-ids`) it writes them into the committed list: for when a change of ids is meant.
 */
import { writeFileSync } from 'node:fs';
import { everythingOn, synthesize } from './synthesized.ts';

/** For each set of settings: the type of every resource, by its logical id, in the order of the ids. */
export type LogicalIds = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Settings over the defaults, by the name that the committed list gives them. */
const variants = {
  defaults: {},
  'webhooks and callbacks on': everythingOn,
  'apiAccess=basic': { apiAccess: 'basic' },
  'fixedEgress=false': { fixedEgress: false },
  'egressZones=2': { egressZones: 2 },
} as const;

/** Synthesizes the stack once for each set of settings. */
export const logicalIds = (): LogicalIds =>
  Object.fromEntries(
    Object.entries(variants).map(([name, settings]) => [
      name,
      Object.fromEntries(
        synthesize(settings)
          .resources.map(({ id, Type }) => [id, Type] as const)
          .toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),
    ]),
  );

/** What is in `now` and not in `before`, as `id (type)`; an id whose type changed counts. */
export const idsMissingFrom = (before: LogicalIds[string] = {}, now: LogicalIds[string] = {}): readonly string[] =>
  Object.entries(now)
    .filter(([id, type]) => before[id] !== type)
    .map(([id, type]) => `${id} (${type})`);

if (import.meta.main) {
  // First all of it: when the stack cannot be synthesized, the list stays as it is.
  const text = `${JSON.stringify(logicalIds(), null, 2)}\n`;
  writeFileSync(new URL('./logical-ids.json', import.meta.url), text);
  console.log('test/infra/logical-ids.json: written');
}
