/** MX's accounts and members as the client hands them on: by type, nothing guessed. */
import { describe, expect, it } from 'vitest';
import { accountOf, memberOf } from '../../../shared/public/mx-shapes.ts';

const guids = { guid: 'ACT-1', member_guid: 'MBR-1', user_guid: 'USR-1' };
const wrong = (detail: string) => expect.objectContaining({ code: 'unexpected_answer', detail });

describe('an account', () => {
  it('has null for what is unknown, keeps the rest', () => {
    const account = accountOf({ ...guids, balance: '1.50', is_hidden: true, added_by_mx: 'kept' });
    expect(account).toMatchObject({ ...guids, balance: '1.50', is_hidden: true, added_by_mx: 'kept', name: null });
    // MX does not answer null for it.
    expect(account).not.toHaveProperty('is_closed');
  });

  it.each<[string, unknown]>([
    ['guid', undefined],
    ['member_guid', undefined],
    ['user_guid', undefined],
    ['guid', null],
    ['member_guid', null],
    ['user_guid', null],
  ])('is refused without its %s: %j', (name, value) => {
    const others = Object.entries(guids).filter(([other]) => other !== name);
    const given = { ...Object.fromEntries(others), ...(value === undefined ? {} : { [name]: value }) };
    expect(() => accountOf(given)).toThrow(wrong('an account lacks its guid, member_guid or user_guid'));
  });

  it.each([null, 'x', undefined])('is an object: %j', (value) => {
    expect(() => accountOf(value)).toThrow(wrong('an account lacks its guid, member_guid or user_guid'));
  });

  it.each([
    ['balance', 'much', 'a number'],
    ['apr', true, 'a number'],
    ['name', true, 'a text'],
    ['is_hidden', 'true', 'true or false'],
    ['federal_insurance_status', ['x'], 'a plain value'],
    ['is_closed', null, 'true or false'],
  ])('is refused with a %s of another type: %j', (name, value, what) => {
    expect(() => accountOf({ ...guids, [name]: value })).toThrow(wrong(`${name} of the account is not ${what}`));
  });

  it.each(['text', true, null])('may have any plain value where MX’s papers differ: %j', (value) => {
    expect(accountOf({ ...guids, federal_insurance_status: value })).toMatchObject({ federal_insurance_status: value });
  });

  it('may have fields called like those of every object', () => {
    expect(accountOf({ ...guids, constructor: 'x' })).toMatchObject({ constructor: 'x' });
  });
});

describe('a member', () => {
  it('has what MX sent, and null for null', () => {
    const member = { guid: 'MBR-1', error: { any: ['JSON'] }, use_cases: null, name: null, is_oauth: false };
    expect(memberOf(member)).toEqual(member);
  });

  it.each([
    ['name', true, 'a text'],
    ['is_oauth', 'no', 'true or false'],
  ])('is refused with a %s of another type', (name, value, what) => {
    expect(() => memberOf({ [name]: value })).toThrow(wrong(`${name} of the member is not ${what}`));
  });

  it.each([null, 'x'])('is an object: %j', (value) => {
    expect(() => memberOf(value)).toThrow(wrong('the member is not an object'));
  });
});
