import { describe, expect, it } from 'vitest';
import { LinesByName } from '../../../infra/operator/lines-by-name.ts';
import { pace } from '../../../infra/operator/pace.ts';
import { fakeTerminal } from './fake-terminal.ts';

describe('lines by name', () => {
  it('says which line was first and said the same', () => {
    const lines = new LinesByName();
    expect(lines.note('A', '24', 2)).toBeNull();
    expect(lines.note('B', '24', 3)).toBeNull();
    expect(lines.note('A', '24', 4)).toEqual({ line: 2, isSame: true });
    expect(lines.note('A', '48', 5)).toEqual({ line: 2, isSame: false });
    expect([lines.firstLine('A'), lines.firstLine('B'), lines.firstLine('C')]).toEqual([2, 3, null]);
  });

  it('keeps a hundred thousand apart', () => {
    const lines = new LinesByName();
    const names = Array.from({ length: 100_000 }, (_, n) => `USR-${n % 7}#MBR-${n}`);
    expect(names.filter((name, n) => lines.note(name, '', n + 2) !== null)).toEqual([]);
    expect(names.filter((name, n) => lines.firstLine(name) !== n + 2)).toEqual([]);
  });
});

describe('a pace', () => {
  it('lets so many a second through', async () => {
    const { terminal } = fakeTerminal();
    const turn = pace(4, terminal);
    const times: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      await turn();
      times.push(terminal.elapsed());
    }
    expect(times).toEqual([250, 500, 750, 1_000, 1_250]);
  });

  it('makes up for 200 ms at most', async () => {
    const { terminal } = fakeTerminal();
    const turn = pace(100, terminal);
    await terminal.sleep(5_000);
    let atOnce = 0;
    for (; terminal.elapsed() === 5_000; atOnce += 1) await turn();
    expect(atOnce - 1).toBe(20);
  });
});
