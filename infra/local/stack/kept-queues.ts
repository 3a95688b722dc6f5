/** Queues of fauxqs in a directory: messages outlast the process. */
import type { BuildAppOptions } from 'fauxqs';

/** The part of fauxqs's store of queues that is used here. */
interface SqsStore {
  persistence?: Persistence;
  allQueues(): Iterable<{ persistence?: Persistence }>;
}

/** The part of fauxqs's writer that is used here. It writes each change to SQLite before the call is answered. */
interface Persistence {
  readonly db: { prepare(statement: string): { run(...values: string[]): unknown } };
  loadSqsQueues(store: SqsStore): void;
  updateMessageReady(messageId: string): void;
  close(): void;
}

/** What `buildApp` is given, and what has to be called when the app is closed. */
export interface KeptQueues {
  readonly stores: NonNullable<BuildAppOptions['stores']>;
  close(): void;
}

/**
 * Opens the queues of a directory. fauxqs does this in `startFauxqs` alone, which listens on every address of the machine;
 * so the modules that it is made of there are taken by their paths (fauxqs is pinned).
 */
export async function keptQueues(directory: string): Promise<KeptQueues> {
  const moduleOf = (path: string) => import(new URL(path, import.meta.resolve('fauxqs')).href);
  const modules = ['sqs/sqsStore.js', 'sns/snsStore.js', 's3/s3Store.js', 'persistence.js'].map(moduleOf);
  const [sqs, sns, s3, { PersistenceManager }] = await Promise.all(modules);
  // Without types, as they have none of their own outside the package. All three: `buildApp` wants all or none.
  const stores = { sqsStore: new sqs.SqsStore(), snsStore: new sns.SnsStore(), s3Store: new s3.S3Store() };
  const store: SqsStore = stores.sqsStore;
  const persistence: Persistence = new PersistenceManager(directory);
  // Its own statement also sets the receive count to null, which its table forbids: the call failed.
  const setReady = persistence.db.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  persistence.updateMessageReady = (messageId) => setReady.run(messageId);
  persistence.loadSqsQueues(store);
  store.persistence = persistence;
  for (const queue of store.allQueues()) queue.persistence = persistence;
  return { stores, close: () => persistence.close() };
}
