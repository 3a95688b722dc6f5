import { describe, expect, it } from 'vitest';
import { answerResume } from '../../../functions/check-balance.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { readAnswers } from '../../../shared/lambda/challenge-answers.ts';
import { withMember } from '../../fakes/members-table.ts';
import { knownMember } from '../../samples.ts';
import { refreshWorld } from '../domain/refresh-world.ts';
import { apiRequest } from './api-event.ts';

const bodyOf = (...challenges: unknown[]) => ({ member: { challenges } });
const answer = { guid: 'CRD-1', value: 'Berlin' };

describe('the body of resume', () => {
  it('has an answer for each question', () => {
    const second = { guid: 'CRD-2', value: 'x'.repeat(1_000) };
    const shortest = { guid: 'C', value: 'x' };
    expect(readAnswers(bodyOf(answer, second, shortest))).toEqual([answer, second, shortest]);
    expect(readAnswers(bodyOf(...Array.from({ length: 20 }, () => answer)))).toHaveLength(20);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'body'],
    ['a list', [], 'member'],
    ['no member', {}, 'member'],
    ['no challenges', { member: {} }, 'member.challenges'],
    ['no answer', bodyOf(), 'member.challenges'],
    ['21 answers', bodyOf(...Array.from({ length: 21 }, () => answer)), 'member.challenges'],
    ['an answer without a guid', bodyOf({ value: 'Berlin' }), 'member.challenges.0.guid'],
    ['a guid that is none', bodyOf({ ...answer, guid: '../x' }), 'member.challenges.0.guid'],
    ['an empty answer', bodyOf({ ...answer, value: '' }), 'member.challenges.0.value'],
    ['1,001 characters', bodyOf({ ...answer, value: 'x'.repeat(1_001) }), 'member.challenges.0.value'],
    ['a number', bodyOf(answer, { ...answer, value: 4711 }), 'member.challenges.1.value'],
    ['another name around it', { ...bodyOf(answer), Berlin_member: 1 }, 'body'],
    ['another name', bodyOf({ ...answer, Berlin: 1 }), 'body'],
  ])('may not have %s', (_what, body, field) => {
    expect(() => readAnswers(body)).toThrow(expect.objectContaining({ code: 'invalid_request', details: { field } }));
  });

  it('is not repeated in what is said of it', () => {
    for (const body of [
      bodyOf({ ...answer, Berlin: 1 }),
      bodyOf({ guid: 'Berlin!', value: 'Berlin' }),
      { Berlin: 1 },
    ]) {
      const failure = (() => {
        try {
          return readAnswers(body);
        } catch (error) {
          return error;
        }
      })();
      expect(failure).toBeInstanceOf(Failure);
      expect(JSON.stringify([failure, String(failure)])).not.toContain('Berlin');
    }
  });
});

it('resume answers as the trigger does, and counts what began', async () => {
  const { deps } = refreshWorld(withMember(knownMember()));
  const counted: string[] = [];
  const parameters = { user_identifier: 'USR-1', member_identifier: 'MBR-1' };
  const request = apiRequest({ method: 'PUT', routeKey: 'PUT …/resume', parameters, body: bodyOf(answer) });
  const ask = () => answerResume({ ...deps, count: (metric) => void counted.push(metric) }, request);
  const begun = await ask();
  expect(begun).toMatchObject({
    status: 202,
    headers: { location: '/refreshes/RFR-00000000000000000000000001', 'retry-after': '5' },
    body: { member: { is_being_aggregated: true }, refresh: { status: 'running', joined: false, user_present: true } },
    logged: { member_guid: 'MBR-1', refresh_id: 'RFR-00000000000000000000000001' },
  });
  expect(await ask()).toMatchObject({ status: 202, body: { refresh: { joined: true } } });
  expect(counted).toEqual(['RefreshAccepted', 'RefreshJoined']);
  await expect(answerResume({ ...deps, count: () => {} }, { ...request, body: undefined })).rejects.toMatchObject({
    code: 'invalid_request',
  });
});
