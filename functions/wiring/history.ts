/** Where former amounts go. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KeptHistory } from '../../shared/clients/balances-table.ts';
import { historyInDynamoDb } from '../../shared/clients/history-table.ts';
import type { Environment } from '../../shared/lambda/environment.ts';
import type { Telemetry } from '../../shared/lambda/log.ts';
import { now } from './refresh.ts';

/** The table of former amounts; null: the setting is off. What the table does not take is told. */
export const keptHistory = (
  db: DynamoDBClient,
  { historyTable, historyDays: days }: Pick<Environment<'follow-up'>, 'historyTable' | 'historyDays'>,
  report: Telemetry,
): KeptHistory | null =>
  days === 0
    ? null
    : {
        history: historyInDynamoDb(db, historyTable, { days, now }),
        notKept({ memberGuid, waiting, lost, error }) {
          report.count('HistoryNotKept', waiting + lost);
          report.log('history.not_kept', { member_guid: memberGuid, counts: { waiting, lost }, error });
        },
      };
