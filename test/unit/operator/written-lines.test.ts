import { describe, expect, it } from 'vitest';
import { enrolmentLine, enrolmentRow, headerLine } from '../../../infra/operator/enrolment-columns.ts';
import { progress } from '../../../infra/operator/progress.ts';
import { counted, table } from '../../../infra/operator/table.ts';
import { canWriteOver } from '../../../infra/operator/terminal.ts';
import type { EnrolledMember } from '../../../shared/domain/schedule.ts';
import { fakeTerminal } from './fake-terminal.ts';

const plain: EnrolledMember = {
  member: { userGuid: 'USR-1', memberGuid: 'MBR-1' },
  everyHours: 24,
  slot: 'SLOT#24h#00001#0',
  quietHours: null,
  maxAgeSeconds: null,
};

describe('a line of an export', () => {
  it('has the columns of the header', () => {
    expect(headerLine).toBe('user,member,every,quiet_from,quiet_to,time_zone,max_age\n');
    expect(enrolmentLine(plain)).toBe('USR-1,MBR-1,24,,,,\n');
    const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
    expect(enrolmentLine({ ...plain, everyHours: 6, quietHours, maxAgeSeconds: 3_600 })).toBe(
      'USR-1,MBR-1,6,22:00,07:00,Europe/Berlin,3600\n',
    );
  });

  it('is quoted where it has to be', () => {
    const member = { userGuid: 'USR-1', memberGuid: 'MBR-"1",2' };
    expect(enrolmentLine({ ...plain, member })).toBe('USR-1,"MBR-""1"",2",24,,,,\n');
  });

  it('has the same words as JSON', () => {
    expect(enrolmentRow({ ...plain, maxAgeSeconds: 60 })).toEqual({
      user: 'USR-1',
      member: 'MBR-1',
      every: 24,
      quiet_from: null,
      quiet_to: null,
      time_zone: null,
      max_age: 60,
    });
  });
});

describe('a table', () => {
  it('has columns as wide as their widest text', () => {
    expect(
      table(
        ['name', 'value'],
        [
          ['region', 'us-east-1'],
          ['é', ''],
        ],
      ),
    ).toBe('name    value\nregion  us-east-1\né\n');
  });

  it('counts in words', () => {
    expect([counted(0, 'line'), counted(1, 'line'), counted(1_234_567, 'entry', 'entries')]).toEqual([
      '0 lines',
      '1 line',
      '1,234,567 entries',
    ]);
  });
});

describe('a line written over the one before', () => {
  it.each<[string, { isTTY?: boolean }, Record<string, string>, boolean]>([
    ['a terminal', { isTTY: true }, { TERM: 'xterm-256color' }, true],
    ['a terminal of Windows', { isTTY: true }, {}, true],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
    ['a file', {}, { TERM: 'xterm' }, false],
  ])('is for %s: %j %j %s', (_where, stream, environment, isOver) => {
    expect(canWriteOver(stream, environment)).toBe(isOver);
  });
});

describe('progress', () => {
  it.each([
    ['a terminal, every second', true, 1_000],
    ['elsewhere, every ten seconds', false, 10_000],
  ])('is told at %s', async (_where, isTerminal, every) => {
    const over: string[] = [];
    const { terminal, said } = fakeTerminal(isTerminal ? { sayOver: (line) => over.push(line) } : {});
    let done = 0;
    const tell = progress(terminal, () => `${done} done`);
    for (done = 1; done <= 3; done += 1) {
      tell();
      await terminal.sleep(every - 1);
      tell();
      await terminal.sleep(1);
    }
    tell();
    expect(isTerminal ? over : said).toEqual(['2 done', '3 done', '4 done']);
    expect(isTerminal ? said : over).toEqual([]);
  });
});
