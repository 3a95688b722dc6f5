import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CsvFile, openCsv } from '../../infra/operator/csv-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'csv-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function written(content: string | Buffer): string {
  files += 1;
  const path = join(folder, `${files}.csv`);
  writeFileSync(path, content);
  return path;
}

/** `line:field|field…` of each record; `line:count!` where the fields do not fit the first line. */
async function recordsOf(file: CsvFile): Promise<string[]> {
  const found: string[] = [];
  for await (const { line, fields, fieldCount } of file.records()) {
    found.push(`${line}:${fields === null ? `${fieldCount}!` : Object.values(fields).join('|')}`);
  }
  return found;
}

async function read(content: string | Buffer): Promise<string[]> {
  const file = await openCsv(written(content));
  try {
    return await recordsOf(file);
  } finally {
    await file.close();
  }
}

const header = 'user,member,every';

describe('a file of any system is the same', () => {
  const expected = ['2:USR-1|MBR-1|24', '3:USR-2|MBR-2|48'];
  const lines = [header, 'USR-1,MBR-1,24', 'USR-2,MBR-2,48'];
  it.each<[string, string]>([
    ['\\n', `${lines.join('\n')}\n`],
    ['\\r\\n', `${lines.join('\r\n')}\r\n`],
    ['\\r', `${lines.join('\r')}\r`],
    ['no line end at the end', lines.join('\n')],
    ['a byte-order mark', `\uFEFF${lines.join('\r\n')}\r\n`],
    ['semicolons', `${lines.join('\n').replaceAll(',', ';')}\n`],
    ['tabs', `${lines.join('\n').replaceAll(',', '\t')}\n`],
    ['quotes', `${lines.join('\n').replaceAll(/[^,\n]+/g, '"$&"')}\n`],
    ['a byte-order mark before quotes', `\uFEFF${lines.join('\n').replaceAll(/[^,\n]+/g, '"$&"')}\n`],
    ['blanks around', `${lines.join('\n').replaceAll(',', ' , ')}\n`],
    ['empty lines at the end', `${lines.join('\n')}\n\n\n`],
    ['empty fields at the end', `${lines.join('\n')}\n,,\n,,\n`],
  ])('with %s', async (_what, content) => {
    expect(await read(content)).toEqual(expected);
  });
});

describe('a file', () => {
  it('numbers lines after empty ones as editors do', async () => {
    expect(await read(`${header}\n\nUSR-1,MBR-1,24\r\n\r\n,,\nUSR-2,MBR-2,48`)).toEqual([
      '3:USR-1|MBR-1|24',
      '6:USR-2|MBR-2|48',
    ]);
  });

  it('names lines with too few or too many fields', async () => {
    expect(await read(`${header}\nUSR-1,MBR-1\nUSR-2,MBR-2,24\nUSR-3,MBR-3,24,\n`)).toEqual([
      '2:2!',
      '3:USR-2|MBR-2|24',
      '4:4!',
    ]);
  });

  it('is read again from its beginning', async () => {
    const file = await openCsv(written(`${header}\nUSR-1,MBR-1,24\n`));
    expect([await recordsOf(file), await recordsOf(file)]).toEqual([['2:USR-1|MBR-1|24'], ['2:USR-1|MBR-1|24']]);
    await file.close();
  });

  it('is larger than what is read of it at once', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `USR-${n},MBR-ü-${n},24`);
    const found = await read(`${header}\n${lines.join('\r\n')}`);
    expect(found).toHaveLength(20_000);
    expect(found.at(-1)).toBe('20001:USR-19999|MBR-ü-19999|24');
  });

  it('may have no line but the first', async () => {
    expect(await read(header)).toEqual([]);
  });

  it('must not change while it is read', async () => {
    const path = written(`${header}\nUSR-1,MBR-1,24\n`);
    const file = await openCsv(path);
    await file.checkUnchanged();
    writeFileSync(path, `${header}\nUSR-1,MBR-1,24\nUSR-2,MBR-2,24\n`);
    await expect(file.checkUnchanged()).rejects.toMatchObject({ exitCode: 4 });
    await file.close();
  });
});

describe('a file is refused', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['that is empty', '', /first line is empty/],
    ['in UTF-16 with a mark', Buffer.from(`\uFEFF${header}\n`, 'utf16le'), /not UTF-8 \(line 1: it is UTF-16\)/],
    ['in UTF-16 without one', Buffer.from(`${header}\n`, 'utf16le'), /not UTF-8 \(line 1\)/],
    ['in Latin-1', Buffer.from(`${header}\nUSR-1,MBR-1,24\nUSR-2,Müller,24\n`, 'latin1'), /not UTF-8 \(line 3\)/],
    ['in Latin-1 from its first line', Buffer.from('nützer,member,every\n', 'latin1'), /not UTF-8 \(line 1\)/],
    ['in Latin-1 at its end', Buffer.from(`${header}\r\rUSR-1,ü,24`, 'latin1'), /not UTF-8 \(line 3\)/],
    ['with zero bytes', `${header}\nUSR-1,\0,24\n`, /not UTF-8 \(line 2\)/],
    ['whose quote is never closed', `${header}\nUSR-1,"MBR-1,24\nUSR-2,MBR-2,24\n`, /^Line 3: a quote is opened/],
    ['with text behind a quote', `${header}\nUSR-1,"MBR"-1,24\n`, /^Line 2: a quote/],
    ['with a quote within a field', `${header}\nUSR-1,MBR"1,24\n`, /^Line 2: a quote/],
    ['whose field goes over lines', `${header}\nUSR-1,"MBR\n1",24\n`, /^Line 3: a quote/],
    ['with a line of 10 KB', `${header}\nUSR-1,${'x'.repeat(10_000)},24\n`, /^Line 2: .* longer than 8192 bytes/],
    ['with one of a megabyte', `${header}\n${'x'.repeat(1_000_000)}`, /^Line 2: /],
  ])('%s', async (_what, content, sentence) => {
    const error = await read(content).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringMatching(sentence) });
  });

  it('that is not there, or is a folder', async () => {
    await expect(openCsv(join(folder, 'none.csv'))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/none\.csv cannot be read: ENOENT/),
    });
    mkdirSync(join(folder, 'folder'));
    await expect(openCsv(join(folder, 'folder'))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/folder is no ordinary file/),
    });
  });
});
