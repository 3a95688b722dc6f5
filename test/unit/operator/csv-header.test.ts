import { describe, expect, it } from 'vitest';
import { readHeader } from '../../../infra/operator/csv-header.ts';

const all = ['user', 'member', 'every', 'quiet_from', 'quiet_to', 'time_zone', 'max_age'];

describe('the first line', () => {
  it.each([',', ';', '\t', '|'])('tells that fields are separated by %j', (delimiter) => {
    expect(readHeader(all.join(delimiter))).toEqual({ delimiter, columns: all });
  });

  it.each<[string, string, readonly string[]]>([
    ['the columns in any order', 'every,member,user', ['every', 'member', 'user']],
    ['columns left out', 'user,member,every,max_age', ['user', 'member', 'every', 'max_age']],
    ['quotes and spaces', '"user", "member" ,every', ['user', 'member', 'every']],
  ])('has %s', (_what, line, columns) => {
    expect(readHeader(line)).toEqual({ delimiter: ',', columns });
  });

  it.each<[string, string, RegExp]>([
    ['nothing', '', /first line is empty/],
    ['blanks', '  ', /first line is empty/],
    [
      'an unknown column',
      'user,member,every,perid',
      /^Unknown column "perid" in the first line\. The columns are user, /,
    ],
    ['several', 'user;member;every;a;b', /^Unknown columns "a", "b" in/],
    ['other capitals', 'User,Member,Every', /^Unknown columns "User", "Member", "Every"/],
    ['a column twice', 'user,member,every,user', /^Column "user" twice/],
    ['a column too few', 'user,every', /^No column "member"/],
    ['no column names', 'USR-1,MBR-1,24', /^Unknown columns "USR-1", "MBR-1", "24"/],
    ['an unnamed column', 'user,member,every,', /^Unknown column "" in/],
    ['another separator', 'user:member:every', /^Unknown column "user:member:every"/],
  ])('is refused with %s', (_what, line, sentence) => {
    expect(() => readHeader(line)).toThrow(sentence);
    expect(() => readHeader(line)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
