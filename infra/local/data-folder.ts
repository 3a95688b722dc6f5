/** The folder of `npm start -- --data`: what outlasts the process, `kill -9` included. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StackData } from './stack/stack-data.ts';

/** An opened folder. Only this process uses it until it is closed. */
export interface DataFolder extends StackData {
  /** Gives the folder free. */
  close(): void;
}

/** Raised when what a folder holds changes its meaning. */
const FORMAT = '1';
const FILE = 'local.sqlite';

/**
 * Opens the folder; makes it, for this user only, if there is none.
 *
 * @param mx which MX its data is from: one folder never has data of two.
 * @throws Error with a sentence: used by another process, not a folder of `npm start`, of another version or another MX.
 */
export function openDataFolder(path: string, mx: string): DataFolder {
  const database = exclusively(path);
  try {
    const texts = textsIn(database);
    check(
      texts,
      'format',
      FORMAT,
      (other) => `${path} is in format ${other} of another version; this one reads ${FORMAT}.`,
    );
    check(texts, 'mx', mx, (other) => `${path} holds data of ${other}, and MX is ${mx} now. Take another folder.`);
    return { directory: (name) => join(path, name), ...texts, close: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The database of what is small. While it is open no other process can open it: the system ends that with the process. */
function exclusively(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const names = readdirSync(path);
    if (names.length > 0 && !names.includes(FILE)) {
      throw new Error(`it is not empty, and not a folder of npm start: it has no ${FILE}.`);
    }
    database = new DatabaseSync(join(path, FILE));
    // Locked with the first write, until it is closed. What is committed is with the operating system.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    database.exec('CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL)');
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    return database;
  } catch (error) {
    database?.close();
    const isLocked = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
    const reason = isLocked ? 'another npm start uses it.' : error instanceof Error ? error.message : String(error);
    throw new Error(`--data ${path} cannot be used: ${reason}`, { cause: error });
  }
}

/** SQLite's number for a database that another process has locked. */
const SQLITE_BUSY = 5;

function textsIn(database: DatabaseSync): Pick<StackData, 'read' | 'write'> {
  const select = database.prepare('SELECT value FROM kept WHERE name = ?');
  const replace = database.prepare('INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)');
  return {
    read(name) {
      const value = select.get(name)?.['value'];
      return value instanceof Uint8Array ? value : undefined;
    },
    write(name, value) {
      replace.run(name, value);
    },
  };
}

/** Notes `value` in a new folder. @throws Error with `fault`'s sentence when a used one has another. */
function check(
  texts: Pick<StackData, 'read' | 'write'>,
  name: string,
  value: string,
  fault: (other: string) => string,
): void {
  const known = texts.read(name);
  if (known === undefined) texts.write(name, Buffer.from(value));
  else if (Buffer.from(known).toString() !== value) throw new Error(fault(Buffer.from(known).toString()));
}
