import { describe, expect, it } from 'vitest';
import { joinedLineage, markOf, readLineage, traceHeader } from '../../../infra/local/stack/trace-header.ts';

describe('a lineage', () => {
  it.each<[string, unknown, [string, number][]]>([
    ['no header', undefined, []],
    ['a header without one', 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1', []],
    ['one function', 'Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a87bd80c:1', [['a87bd80c', 1]]],
    [
      'two, not at the end',
      'Lineage=a87bd80c:16|68fd508a:5;Sampled=0',
      [
        ['a87bd80c', 16],
        ['68fd508a', 5],
      ],
    ],
    ['what it cannot read', 'Lineage=a87bd80c:|68fd508a:x|c512fbe3:2', [['c512fbe3', 2]]],
    ['another field that ends alike', 'OtherLineage=a87bd80c:1', []],
    ['no text', 7, []],
  ])('is read from %s', (_what, header, expected) => {
    expect([...readLineage(header)]).toEqual(expected);
  });

  it('of several messages has the longest chain of each function', () => {
    const joined = joinedLineage([
      new Map([['a87bd80c', 3]]),
      new Map([
        ['a87bd80c', 2],
        ['68fd508a', 9],
      ]),
      new Map(),
    ]);
    expect([...joined]).toEqual([
      ['a87bd80c', 3],
      ['68fd508a', 9],
    ]);
  });

  it('counts one more invocation in the next header', () => {
    const begun = traceHeader(new Map(), 'a87bd80c', 1_700_000_000_000);
    expect(begun).toMatch(/^Root=1-6553f100-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=a87bd80c:1$/);
    const next = traceHeader(readLineage(begun), '68fd508a', 1_700_000_000_000);
    expect([...readLineage(next)]).toEqual([
      ['a87bd80c', 1],
      ['68fd508a', 1],
    ]);
    expect([...readLineage(traceHeader(readLineage(next), 'a87bd80c', 0))]).toEqual([
      ['a87bd80c', 2],
      ['68fd508a', 1],
    ]);
  });

  it('tells functions apart by their marks', () => {
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:one';
    expect(markOf(arn)).toMatch(/^[0-9a-f]{8}$/);
    expect(markOf(arn)).toBe(markOf(arn));
    expect(markOf(arn)).not.toBe(markOf(`${arn}s`));
  });
});
