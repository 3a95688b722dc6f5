// DELETE /users/{u}/data and …/members/{m}/data  ->  a message that erases, and its receipt; GET /erasures/{id}  ->  the receipt
import { erasureIdOf, isErasureId, receiptsInDynamoDb } from '../shared/clients/erasures-table.ts';
import { membersReader } from '../shared/clients/members-reader.ts';
import { erasureWorkQueue } from '../shared/clients/queues.ts';
import { storedDataReader } from '../shared/clients/stored-data.ts';
import { userReader } from '../shared/clients/user-reader.ts';
import { ROUND_SECONDS } from '../shared/domain/erase-data.ts';
import type { AtMx, Receipt } from '../shared/domain/erasure-ports.ts';
import { Failure } from '../shared/domain/failure.ts';
import { type RequestErasureDeps, requestErasure } from '../shared/domain/request-erasure.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { receiptBody } from '../shared/lambda/erasure-body.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, identifier } from '../shared/lambda/http.ts';
import type { Telemetry } from '../shared/lambda/log.ts';
import { apiWiring } from './wiring/api.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { dynamoDb, now, sqs } from './wiring/refresh.ts';

/** What the routes need. */
export interface EraseDataDeps extends RequestErasureDeps {
  readonly log: Telemetry['log'];
}

/** Answers the three routes. */
export async function eraseDataRoutes(deps: EraseDataDeps, request: ApiRequest): Promise<ApiAnswer> {
  const receipt = request.method === 'GET' ? await readReceipt(deps, request) : await ask(deps, request);
  const isDone = receipt.doneAt !== null;
  return {
    status: isDone || request.method === 'GET' ? 200 : 202,
    headers: {
      location: `/erasures/${receipt.erasureId}`,
      ...(isDone ? {} : { 'retry-after': String(ROUND_SECONDS) }),
    },
    body: { erasure: receiptBody(receipt) },
  };
}

async function ask(deps: EraseDataDeps, request: ApiRequest): Promise<Receipt> {
  const userIdentifier = identifier(request, 'user_identifier');
  const isOfMember = request.parameters['member_identifier'] !== undefined;
  const memberIdentifier = isOfMember ? identifier(request, 'member_identifier') : null;
  const receipt = await requestErasure(deps, { userIdentifier, memberIdentifier, atMx: readAtMx(request, isOfMember) });
  deps.log('erasure.asked', { erasure_id: receipt.erasureId });
  return receipt;
}

async function readReceipt(deps: EraseDataDeps, request: ApiRequest): Promise<Receipt> {
  const id = identifier(request, 'erasure_id');
  // The table has other items besides.
  const receipt = isErasureId(id) ? await deps.receipts.read(id) : null;
  if (receipt === null) throw new Failure('erasure_not_found', 'there is no receipt with this id (any more)');
  return receipt;
}

/** `at_mx`: absent or `false`, `true`, or for a user `user`. @throws Failure `invalid_request` */
function readAtMx({ query }: ApiRequest, isOfMember: boolean): AtMx {
  const text = query['at_mx'] ?? 'false';
  if (text === 'false') return 'nothing';
  if (text === 'true') return 'members';
  if (text === 'user' && !isOfMember) return 'user';
  const rule = isOfMember ? 'must be true or false' : 'must be true, false or user';
  throw new Failure('invalid_request', `at_mx ${rule}`, { field: 'at_mx' });
}

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('erase-data', source);
  const db = dynamoDb(env.membersTable);
  const tables = { members: env.membersTable, balances: env.balancesTable, history: env.historyTable };
  const wiring = apiWiring('erase-data', env);
  const deps: EraseDataDeps = {
    members: membersReader(db, env.membersTable),
    resolveUser: userReader(db, tables).resolve,
    storedData: storedDataReader(db, tables),
    receipts: receiptsInDynamoDb(db, env.erasuresTable, now),
    erasures: erasureWorkQueue(sqs(env.followUpQueueUrl), env.followUpQueueUrl),
    erasureIdOf,
    now,
    log: wiring.telemetry.log,
  };
  return httpHandler({ ...wiring, right: () => 'erase' }, (request) => eraseDataRoutes(deps, request));
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
