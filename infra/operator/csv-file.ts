/** A CSV file, a record at a time: UTF-8, any line ends, any of four delimiters. */
import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { type CsvHeader, readHeader } from './csv-header.ts';
import type { Column } from './enrolment-columns.ts';
import { exitCodes, Stop } from './exit-codes.ts';

/** One line with data. */
export interface CsvRecord {
  /** Its number in the file, from 1. */
  readonly line: number;
  /** What stands under each column; null: the line has not as many fields as the first one. */
  readonly fields: Readonly<Partial<Record<Column, string>>> | null;
  readonly fieldCount: number;
}

/** An open file, which can be read again and again. */
export interface CsvFile {
  readonly header: CsvHeader;
  /** @throws Stop `usage` at what makes the whole file doubtful: another encoding, a quote that goes astray. */
  readonly records: () => AsyncGenerator<CsvRecord>;
  /** @throws Stop `failed` when the file has been changed since it was opened. */
  readonly checkUnchanged: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Four times what the longest allowed identifiers need. */
const MAX_RECORD_BYTES = 8_192;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Opens the file and reads its first line.
 *
 * @throws Stop `usage` when it cannot be read, or is no such file.
 */
export async function openCsv(path: string): Promise<CsvFile> {
  const file = await open(path, 'r').catch((cause: Error) => {
    throw new Stop(exitCodes.usage, `${path} cannot be read: ${cause.message}.`, { cause });
  });
  try {
    const opened = await file.stat();
    // It is read twice, and once more to resume.
    if (!opened.isFile()) throw new Stop(exitCodes.usage, `${path} is no ordinary file; it has to be one.`);
    const header = readHeader(await firstLine(file));
    return {
      header,
      records: () => recordsOf(file, header),
      async checkUnchanged() {
        const now = await file.stat();
        if (now.size === opened.size && now.mtimeMs === opened.mtimeMs) return;
        throw new Stop(exitCodes.failed, `${path} was changed while it was read: run the command again.`);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function firstLine(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_RECORD_BYTES), 0, MAX_RECORD_BYTES, 0);
  const bytes = buffer.subarray(0, bytesRead);
  const [first = 0, second = 0] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw notUtf8('line 1: it is UTF-16');
  const end = bytes.findIndex(isLineEnd);
  const line = end === -1 ? bytes : bytes.subarray(0, end);
  checkEncoding(line, 1);
  return line.toString('utf8').replace(/^\uFEFF/, '');
}

async function* recordsOf(file: FileHandle, { delimiter, columns }: CsvHeader): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    max_record_size: MAX_RECORD_BYTES,
    record_delimiter: ['\r\n', '\n', '\r'],
    // Counted here: the library would end at the first such line.
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  const source = Readable.from(checkedChunks(file));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    let isHeader = true;
    for await (const { record, info } of parser) {
      const line: number = info.lines;
      const fields: readonly string[] = record;
      if (fields.some((field) => /[\r\n]/.test(field))) throw straying(line);
      // Empty lines, as spreadsheets write them.
      if (!isHeader && fields.some((field) => field !== '')) yield asRecord(line, fields, columns);
      isHeader = false;
    }
  } catch (error) {
    throw error instanceof CsvError ? straying(Number(error['lines'] ?? 0), error) : error;
  } finally {
    source.destroy();
    parser.destroy();
  }
}

const asRecord = (line: number, fields: readonly string[], columns: readonly Column[]): CsvRecord => ({
  line,
  fieldCount: fields.length,
  fields:
    fields.length === columns.length
      ? Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? '']))
      : null,
});

/** Where a line ends is unknown from here on: lines would be swallowed in silence. */
const straying = (line: number, cause?: Error): Stop =>
  new Stop(
    exitCodes.usage,
    `Line ${line}: a quote is opened and not closed before the line’s end, stands within a field, or the line is longer than ${MAX_RECORD_BYTES} bytes. What comes after it cannot be told apart.`,
    { cause },
  );

/** The file's bytes in whole lines, each of which is UTF-8. */
async function* checkedChunks(file: FileHandle): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  for await (const read of file.createReadStream({ start: 0, autoClose: false })) {
    const bytes = Buffer.concat([rest, read]);
    const end = bytes.findLastIndex(isLineEnd) + 1;
    if (end === 0 && bytes.length > 16 * MAX_RECORD_BYTES) throw straying(line);
    const whole = bytes.subarray(0, end);
    checkEncoding(whole, line);
    line += linesIn(whole);
    rest = bytes.subarray(end);
    yield whole;
  }
  checkEncoding(rest, line);
  yield rest;
}

const isLineEnd = (byte: number): boolean => byte === LINE_FEED || byte === CARRIAGE_RETURN;

/** `\r\n` counts once. */
const linesIn = (bytes: Buffer): number => bytes.toString('latin1').match(/\r\n|\n|\r/g)?.length ?? 0;

/** @throws Stop `usage` with the number of the line that is not UTF-8; the first of `bytes` is `line`. */
function checkEncoding(bytes: Buffer, line: number): void {
  if (isUtf8(bytes) && !bytes.includes(0)) return;
  const lines = bytes.toString('latin1').split(/\r\n|\n|\r/);
  const index = lines.findIndex((text) => text.includes('\0') || !isUtf8(Buffer.from(text, 'latin1')));
  throw notUtf8(`line ${line + index}`);
}

const notUtf8 = (where: string): Stop =>
  new Stop(exitCodes.usage, `The file is not UTF-8 (${where}). Save it as “CSV UTF-8”.`);
