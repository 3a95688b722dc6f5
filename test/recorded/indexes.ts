/** The indexes of each table in the synthesized template. */
import { at, listAt, synthesize } from '../infra/synthesized.ts';

/** Keys and projection of one table's indexes, by name. */
type Indexes = Readonly<Record<string, unknown>>;

/** By the table's logical id. */
export type RecordedIndexes = Readonly<Record<string, Indexes>>;

/** The indexes that this release deploys. */
export const indexesOfToday = (): RecordedIndexes =>
  Object.fromEntries(
    synthesize()
      .ofType('AWS::DynamoDB::GlobalTable')
      .map(({ id, Properties }) => [
        id,
        Object.fromEntries(
          listAt(Properties, 'GlobalSecondaryIndexes').map((index) => [
            String(at(index, 'IndexName')),
            { keys: at(index, 'KeySchema'), projection: at(index, 'Projection') },
          ]),
        ),
      ]),
  );

/**
 * How many indexes an update of one table creates and deletes. An index whose keys or projection change is deleted and
 * created: DynamoDB cannot change them.
 */
export function indexChanges(before: Indexes, after: Indexes): number {
  const differs = (index: string): boolean => JSON.stringify(before[index]) !== JSON.stringify(after[index]);
  const names = (of: Indexes): readonly string[] => Object.keys(of).filter(differs);
  return names(before).length + names(after).length;
}
