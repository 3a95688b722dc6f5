import { afterAll, describe, expect, it } from 'vitest';
import { type RefreshHistory, refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { End, EndedRefresh } from '../../shared/domain/refresh.ts';
import { detailsByCode } from '../../shared/domain/refresh-details.ts';
import { fakeRefreshes, type RefreshesTable } from '../fakes/fake-refreshes.ts';
import { putRefresh } from '../fakes/put-refresh.ts';
import { at, attemptOf, newKey, runningRefresh, startingClaim } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const RETENTION_DAYS = 30;
const fakeTable: RefreshesTable = new Map();

let ids = 0;
/** A refresh id that no other test has; later ones sort after earlier ones. */
const newId = (): string => {
  ids += 1;
  return `RFR-${String(ids).padStart(26, '0')}`;
};

const endOf = (id: string): End => {
  const { refreshId: _, trigger: __, acceptedAt: ___, hasDetails: ____, ...end } = attemptOf(startingClaim(id));
  return end;
};

const ended = (member: MemberKey, id: string, fields: Partial<EndedRefresh> = {}): EndedRefresh => {
  const result = endOf(id);
  return {
    ...runningRefresh(member, id),
    status: 'ended',
    progress: null,
    result: { ...result, ...detailsByCode(result) },
    ...fields,
  };
};

describe.each<[string, (now: () => string) => RefreshHistory]>([
  ['the fake', (now) => fakeRefreshes(fakeTable, RETENTION_DAYS, now)],
  ['DynamoDB', (now) => refreshesInDynamoDb(tables.client, tables.refreshes, RETENTION_DAYS, now)],
])('refreshes: %s', (_name, subject) => {
  const present = () => subject(() => at(0));

  it('does not know a refresh that was never put', async () => {
    expect(await present().read(newId())).toBeNull();
  });

  it('reads back a running and an ended refresh', async () => {
    const refreshes = present();
    const running = runningRefresh(newKey(), newId(), { userPresent: true });
    await refreshes.put(running);
    expect(await refreshes.read(running.refreshId)).toEqual(running);
    const challenges = [
      {
        guid: 'CRD-1',
        label: null,
        type: 'OPTIONS',
        fieldName: 'city',
        options: [{ guid: null, label: 'Rome', value: 'rome' }],
        imageData: 'data:x',
        imageOptions: [{ guid: null, label: 'Rome', value: 'rome', dataUri: 'data:y' }],
      },
    ];
    const over = ended(newKey(), newId(), { challenges });
    const withQuestions = { ...over, result: { ...over.result, challenges } };
    await putRefresh(refreshes, withQuestions);
    expect(await refreshes.read(over.refreshId)).toEqual(withQuestions);
  });

  it('remembers what its caller calls it', async () => {
    const refreshes = present();
    const running = runningRefresh(newKey(), newId(), { correlationId: 'order-1' });
    await refreshes.put(running);
    expect(await refreshes.read(running.refreshId)).toEqual(running);
    const over = ended(newKey(), newId(), { correlationId: 'order-2' });
    await putRefresh(refreshes, over);
    expect(await refreshes.read(over.refreshId)).toEqual(over);
  });

  it('remembers five names of those that joined it', async () => {
    const refreshes = present();
    const running = runningRefresh(newKey(), newId());
    // The first one may come before the refresh's item is written.
    await refreshes.recordJoined(running, 'a');
    await refreshes.put(running);
    for (const id of ['b', 'a', 'b', 'c', 'd', 'e', 'f']) await refreshes.recordJoined(running, id);
    const joinedCorrelationIds = ['a', 'b', 'c', 'd', 'e'];
    expect(await refreshes.read(running.refreshId)).toEqual({ ...running, joinedCorrelationIds });
    const end = endOf(running.refreshId);
    await refreshes.end({ refresh: running, end, details: null });
    expect(await refreshes.read(running.refreshId)).toMatchObject({ status: 'ended', joinedCorrelationIds });
  });

  it('never replaces an end by a beginning', async () => {
    const refreshes = present();
    const [key, id] = [newKey(), newId()];
    const end = ended(key, id);
    await putRefresh(refreshes, end);
    await refreshes.put(runningRefresh(key, id));
    expect(await refreshes.read(id)).toEqual(end);
  });

  it('replaces a start by its end, repeatable', async () => {
    const refreshes = present();
    const [key, id] = [newKey(), newId()];
    await refreshes.put(runningRefresh(key, id));
    for (let time = 0; time < 2; time += 1) {
      await putRefresh(refreshes, ended(key, id));
      expect(await refreshes.read(id)).toEqual(ended(key, id));
    }
  });

  it('keeps the first of two different ends', async () => {
    const refreshes = present();
    const [key, id] = [newKey(), newId()];
    const end = ended(key, id);
    await putRefresh(refreshes, end);
    await putRefresh(refreshes, { ...end, result: { ...end.result, endedAt: at(99) } });
    expect(await refreshes.read(id)).toEqual(end);
  });

  describe('texts and questions', () => {
    const question = {
      ...{ guid: 'CRD-1', label: null, type: 'TEXT', fieldName: null, options: [] },
      ...{ imageData: null, imageOptions: [] },
    };
    const details = { message: 'MX said no.', userMessage: 'Nein', challenges: [question] };
    const byCode = detailsByCode(endOf('any'));
    const sample = () => runningRefresh(newKey(), newId());

    it('running: questions of the last look with some', async () => {
      const [refreshes, refresh] = [present(), sample()];
      await refreshes.put(refresh);
      await refreshes.put({ ...refresh, challenges: [{ ...question, label: 'first' }] });
      await refreshes.put({ ...refresh, challenges: [question] });
      await refreshes.put(refresh);
      expect(await refreshes.read(refresh.refreshId)).toEqual({ ...refresh, challenges: [question] });
      expect((await refreshes.ofMember(refresh.member, 10, null)).refreshes).toEqual([refresh]);
    });

    it('come with the projection if that is missing', async () => {
      const [refreshes, refresh] = [present(), sample()];
      await refreshes.put({ ...refresh, challenges: [question] });
      expect(await refreshes.read(refresh.refreshId)).toEqual({ ...refresh, challenges: [question] });
    });

    it('wait for their end, written by any function', async () => {
      const [refreshes, refresh] = [present(), sample()];
      const end = endOf(refresh.refreshId);
      await refreshes.put(refresh);
      await refreshes.putDetails(refresh, end.endedAt, details);
      expect(await refreshes.read(refresh.refreshId)).toEqual(refresh);
      expect(await refreshes.readDetails(refresh.refreshId, end.endedAt)).toEqual(details);
      await refreshes.end({ refresh, end });
      const shown = await refreshes.read(refresh.refreshId);
      expect(shown).toMatchObject({ status: 'ended', challenges: [question], result: { ...end, ...details } });
      expect((await refreshes.ofMember(refresh.member, 10, null)).refreshes).toEqual([shown]);
    });

    it('of a lost end are not shown', async () => {
      const [refreshes, refresh] = [present(), sample()];
      const end = endOf(refresh.refreshId);
      await refreshes.put(refresh);
      await refreshes.putDetails(refresh, at(19), details);
      await refreshes.end({ refresh, end });
      expect(await refreshes.read(refresh.refreshId)).toMatchObject({ result: { ...end, ...byCode } });
      expect(await refreshes.readDetails(refresh.refreshId, end.endedAt)).toBeNull();
    });

    it('of an end that stands are replaced by none', async () => {
      const [refreshes, refresh] = [present(), sample()];
      const end = endOf(refresh.refreshId);
      await refreshes.end({ refresh, end, details });
      await refreshes.putDetails(refresh, at(99), { ...details, message: 'late' });
      await refreshes.end({ refresh, end: { ...end, endedAt: at(99) }, details: null });
      expect(await refreshes.read(refresh.refreshId)).toMatchObject({ result: { ...end, ...details } });
    });

    it('may be there before their refresh, and are no refresh', async () => {
      const [refreshes, refresh] = [present(), sample()];
      await refreshes.putDetails(refresh, at(20), details);
      expect(await refreshes.read(refresh.refreshId)).toBeNull();
      expect((await refreshes.ofMember(refresh.member, 10, null)).refreshes).toEqual([]);
      expect(await refreshes.readDetails(refresh.refreshId, at(20))).toEqual(details);
      await refreshes.put(refresh);
      expect(await refreshes.read(refresh.refreshId)).toEqual(refresh);
    });

    it('are none of a refresh that was never put', async () => {
      expect(await present().readDetails(newId(), at(20))).toBeNull();
    });
  });

  it('expires to the second, in the table or not', async () => {
    const [key, id] = [newKey(), newId()];
    await present().put(runningRefresh(key, id));
    const days = RETENTION_DAYS * 86_400;
    expect(await subject(() => at(days - 1)).read(id)).not.toBeNull();
    expect(await subject(() => at(days)).read(id)).toBeNull();
    expect((await subject(() => at(days)).ofMember(key, 10, null)).refreshes).toEqual([]);
  });

  it('pages through a member’s refreshes, newest first, each once', async () => {
    const refreshes = present();
    const key = newKey();
    const known = Array.from({ length: 7 }, () => newId());
    await refreshes.put(runningRefresh(newKey(), newId()));
    for (const id of [...known.slice(4), ...known.slice(0, 4)]) await refreshes.put(runningRefresh(key, id));
    const seen: string[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const page: Awaited<ReturnType<RefreshHistory['ofMember']>> = await refreshes.ofMember(key, 3, after);
      expect(page.refreshes.length).toBeLessThanOrEqual(3);
      seen.push(...page.refreshes.map(({ refreshId }) => refreshId));
      after = page.next;
      pages += 1;
    } while (after !== null);
    expect(seen).toEqual(known.toReversed());
    expect(pages).toBe(3);
  });

  it('answers a member without refreshes with an empty, last page', async () => {
    expect(await present().ofMember(newKey(), 3, null)).toEqual({ refreshes: [], next: null });
  });
});
