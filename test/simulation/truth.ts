/**
 * What really happened: every change of the tables and every call that reached MX, seen from outside, and the promises
 * that can be checked at that very moment. What can only be said at the end is in `invariants.ts`.
 */
import type { StoredBalance } from '../../shared/domain/balance.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import { epochMillisecondsOf, type Instant, readInstant } from '../../shared/domain/instant.ts';
import type { MemberBody, MemberRecord } from '../../shared/domain/member.ts';
import { memberView } from '../../shared/domain/member-view.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { type Claim, type EndedClaim, LOOK_TIMEOUT_SECONDS, type StoringClaim } from '../../shared/domain/refresh.ts';
import { ruleFor } from '../../shared/domain/statuses.ts';
import { itemBytes } from '../dynamodb/item-size.ts';
import { textOf } from '../fakes/members-table.ts';
import { MAX_WORKING_ITEM_BYTES, workingItem } from '../fakes/working-item.ts';
import { checkAttentionWrite } from './attention-checks.ts';
import { createFormerAmounts } from './former-amounts.ts';
import type { Invocation } from './invocations.ts';
import { Violation } from './violation.ts';
import type { Listing, MemberSeen, Observed, PostTruth, RefreshTruth, Truth } from './what-is-known.ts';

/**
 * Every write of a member's item is paid for by its size: one unit as long as it is this small. What it says of the end of a
 * claim is its last attempt: another one there, and it could not be read any more.
 */
function checkItem({ unrecorded }: Observed, record: MemberRecord): void {
  const { claim, lastAttempt } = record;
  if (claim?.phase === 'ended' && claim.refreshId !== lastAttempt?.refreshId) {
    throw new Violation(0, `${claim.refreshId} has ended, and the last attempt is ${lastAttempt?.refreshId}`);
  }
  const bytes = itemBytes(workingItem(record, unrecorded(record.key)));
  if (bytes <= MAX_WORKING_ITEM_BYTES) return;
  throw new Violation(0, `the item of ${textOf(record.key)} has ${bytes} bytes: ${JSON.stringify(record)}`);
}

/** POSTs are recorded with the instant of their claim, which is at most this much earlier than the POST itself. */
const POST_SLACK_MS = 60_000;

/** How far apart two readings have to be that make a member believed to be gone. */
const MISSING_MS = 60_000;

/** Starts observing. */
export function createTruth(world: Observed): Truth {
  const refreshes = new Map<string, RefreshTruth>();
  const sent = new Set<string>();
  /** When MX did not know a member for the first time. */
  const missedAt = new Map<string, number>();
  const deletedAt = new Map<string, number>();
  /** MX's `Retry-After` of a POST: until when, as soon as the function that was told has written what came of the POST. */
  const putOffUntil = new Map<string, number>();
  /** Found inside a function, whose error would be handled there: thrown at the next effect. */
  let early: Violation | null = null;
  const putOffBy = new WeakMap<Invocation, { readonly key: string; readonly until: number }>();
  let erasedAt = 0;
  const lookTakenBy = new Map<string, Invocation>();
  const formerAmounts = createFormerAmounts(world);
  const known = new Map<string, MemberRecord | null>();
  const knownBodies = new Map<string, MemberBody | null | undefined>();
  /** By member, what its claims have known of its newest job's beginning. */
  const newestJob = new Map<string, Instant>();
  const knownBalances = new Map<string, ReadonlyMap<string, StoredBalance>>();
  const started = new Map<string, number[]>();
  /** When each member was last looked at, and last read for a webhook. */
  const lookedAt = new Map<string, Instant>();
  const reservedAtOf = new Map<string, Instant>();
  /** A member and the minute for which it was started. */
  const turns = new Set<string>();
  const seenBy = new WeakMap<Invocation, Map<string, MemberSeen>>();
  const answeredBy = new WeakMap<Invocation, Map<string, number>>();
  const listedBy = new WeakMap<Invocation, Map<string, Listing>>();
  /** Which refresh an invocation works for: the one that it claimed, or that its message names. */
  const claimedBy = new WeakMap<Invocation, Map<string, string>>();

  const remember = <V>(map: WeakMap<Invocation, Map<string, V>>, invocation: Invocation, key: MemberKey, value: V) => {
    const of = map.get(invocation) ?? new Map<string, V>();
    map.set(invocation, of.set(textOf(key), value));
  };

  const refreshFor = (invocation: Invocation, key: MemberKey): string | undefined =>
    claimedBy.get(invocation)?.get(textOf(key)) ?? (invocation.about.startsWith('RFR-') ? invocation.about : undefined);

  function memberChanged(invocation: Invocation, before: MemberRecord | null, after: MemberRecord): void {
    if (after.deletedAt !== null && !deletedAt.has(textOf(after.key))) deletedAt.set(textOf(after.key), world.now());
    if (before !== null && before.deletedAt !== null && after.deletedAt === null) {
      throw new Violation(9, `${textOf(after.key)} was deleted and came back`);
    }
    checkMissing(before, after);
    checkAttentionWrite(invocation, before, after);
    const [was, is] = [before?.claim ?? null, after.claim];
    if (was !== null && was.refreshId !== is?.refreshId) gone(was);
    if (is !== null && was?.refreshId !== is.refreshId) claimed(invocation, was, is, after);
    if (is !== null && was?.refreshId === is.refreshId) claimChanged(invocation, was, is, after);
  }

  /** 7: a read for a webhook keeps its distance from the last look, and from the read before it. */
  function checkReserved(text: string, reservedAt: Instant | null): void {
    const before = reservedAtOf.get(text) ?? null;
    if (reservedAt === null || reservedAt === before) return;
    reservedAtOf.set(text, reservedAt);
    for (const at of [before, lookedAt.get(text) ?? null]) {
      const gap = at === null ? Number.POSITIVE_INFINITY : epochMillisecondsOf(reservedAt) - epochMillisecondsOf(at);
      if (gap >= 0 && gap < world.policy.minLookGapSeconds * 1000) {
        throw new Violation(7, `${text} was read for a webhook ${gap} ms after a look`);
      }
    }
  }

  function claimed(invocation: Invocation, was: Claim | null, claim: Claim, record: MemberRecord): void {
    const { refreshId } = claim;
    if (was !== null) throw new Violation(2, `${refreshId} was claimed while ${was.refreshId} was the claim`);
    if (record.deletedAt !== null) throw new Violation(9, `${refreshId} was claimed for a deleted member`);
    if (!sent.has(refreshId)) throw new Violation(1, `${refreshId} was claimed before any message of it was sent`);
    remember(claimedBy, invocation, record.key, refreshId);
    if (invocation.role === 'start-due') {
      const turn = `${textOf(record.key)}, ${invocation.about}`;
      if (turns.has(turn)) throw new Violation(2, `${refreshId} is the second refresh of ${turn}`);
      turns.add(turn);
    }
    refreshes.set(refreshId, {
      refreshId,
      member: record.key,
      trigger: claim.trigger,
      claimedAt: world.now(),
      deadline: claim.deadline,
      baseline: claim.baseline === null ? null : (seenBy.get(invocation)?.get(textOf(record.key)) ?? null),
      posts: [],
      answeredAt:
        claim.phase !== 'ended' && claim.start.state === 'attached'
          ? (answeredBy.get(invocation)?.get(textOf(record.key)) ?? null)
          : null,
      lastReadAt: 0,
      reads: 0,
      newestJob: '',
      jobs: null,
      claim,
      jobAggregatedAt: null,
      result: null,
      endedAt: null,
      jobsAtEnd: 0,
      released: false,
      leftBalances: false,
      oldestImport: 0,
      stored: [],
    });
  }

  function claimChanged(invocation: Invocation, was: Claim, is: Claim, record: MemberRecord): void {
    const truth = refreshes.get(is.refreshId);
    if (truth === undefined) throw new Violation(2, `${is.refreshId} is a claim that was never made`);
    truth.claim = is;
    if (is.phase !== 'ended') truth.jobAggregatedAt = is.jobAggregatedAt;
    if (is.lookedAt !== was.lookedAt) {
      // A look at a refresh that has ended only publishes its end: it asks MX nothing.
      if (is.lookedAt !== null && is.phase !== 'ended') lookedAt.set(textOf(record.key), is.lookedAt);
      remember(claimedBy, invocation, record.key, is.refreshId);
      lookTakenBy.set(is.refreshId, invocation);
    }
    if (was.phase === 'storing' && is.phase === 'ended') checkFence(invocation, was, is);
    if (is.lookedAt !== was.lookedAt && is.lookedAt !== null && was.lookedAt !== null) {
      const gap = (epochMillisecondsOf(is.lookedAt) - epochMillisecondsOf(was.lookedAt)) / 1000;
      const again = is.lookNumber <= was.lookNumber && gap < LOOK_TIMEOUT_SECONDS;
      if (again || is.lookNumber < was.lookNumber)
        throw new Violation(2, `look ${is.lookNumber} was taken after look ${was.lookNumber}`);
      if (was.phase === 'storing' && gap < LOOK_TIMEOUT_SECONDS) {
        throw new Violation(3, `look ${is.lookNumber} was taken while look ${was.lookNumber} may have been storing`);
      }
      if (gap < world.policy.minLookGapSeconds)
        throw new Violation(7, `two looks at ${textOf(record.key)} in ${gap} s`);
    }
    if (was.phase === 'running' && is.phase === 'storing') world.storing();
    if (was.phase === 'ended' && is.phase !== 'ended') throw new Violation(1, `${is.refreshId} went on after its end`);
    if (was.phase !== 'ended' && is.phase === 'ended') {
      truth.result = is.result;
      world.ended(is.trigger);
      truth.endedAt = world.now();
      truth.jobsAtEnd = world.jobsEnded(record.key);
      const begun = truth.posts.filter(({ status }) => status === 202).length;
      if (record.starts.length < begun) {
        throw new Violation(7, `${is.refreshId} began ${begun} jobs, ${record.starts.length} are counted`);
      }
      const left = [...(world.balances(record.key)?.values() ?? [])];
      truth.leftBalances = left.some(
        (item) => item.refreshId === is.refreshId || item.lastChange?.refreshId === is.refreshId,
      );
    }
  }

  /** No function ends what another one may be storing right now. A deletion may: what is stored is erased after it. */
  function checkFence(invocation: Invocation, was: StoringClaim, is: EndedClaim): void {
    if (lookTakenBy.get(is.refreshId) === invocation || is.result.code === 'member_deleted') return;
    const takenAt = was.lookedAt === null ? 0 : epochMillisecondsOf(was.lookedAt);
    if (world.now() - takenAt < LOOK_TIMEOUT_SECONDS * 1000) {
      throw new Violation(
        3,
        `${is.refreshId} was ended by ${invocation.id} while look ${was.lookNumber} may have been storing`,
      );
    }
  }

  /** 4: that MX does not know a member is believed when it was seen twice, a minute apart. */
  function checkMissing(before: MemberRecord | null, after: MemberRecord): void {
    const { lastAttempt, key } = after;
    if (lastAttempt?.code !== 'mx_not_found' || lastAttempt.refreshId === before?.lastAttempt?.refreshId) return;
    const since = missedAt.get(textOf(key)) ?? Number.POSITIVE_INFINITY;
    if (world.now() - since < MISSING_MS) throw new Violation(4, `${textOf(key)} was believed to be gone too early`);
  }

  function jobShown(truth: RefreshTruth, at: Instant | null): void {
    if (at === null || truth.baseline === null) return;
    if (truth.baseline.aggregatedAt !== null && at <= truth.baseline.aggregatedAt) return;
    const { first, last } = truth.jobs ?? { first: at, last: at };
    truth.jobs = { first: first < at ? first : at, last: last > at ? last : at };
  }

  /** 4: no reader is shown a member as it was before what its claim knows, or what its last end saw. */
  function checkView(record: MemberRecord, body: MemberBody | null): void {
    const { key, claim, lastAttempt, seenAt } = record;
    if (record.deletedAt !== null) return;
    const isOpen = claim !== null && claim.phase !== 'ended';
    const view = memberView(record, body);
    const began = isOpen ? (claim.jobAggregatedAt ?? claim.baseline?.aggregatedAt ?? '') : '';
    const newest = [newestJob.get(textOf(key)) ?? '', began].sort().at(-1) ?? '';
    newestJob.set(textOf(key), newest);
    const shown = view['aggregated_at'];
    if (shown !== undefined && newest > (readInstant(shown) ?? '')) {
      throw new Violation(4, `${textOf(key)} is shown with the job of ${shown}, when one of ${newest} was known`);
    }
    if (isOpen) {
      if (view['is_being_aggregated'] !== true) throw new Violation(4, `${claim.refreshId} runs and is not shown to`);
      return;
    }
    const status = view['connection_status'];
    // What was read after the end counts for more.
    const isLast = lastAttempt !== null && seenAt !== null && seenAt <= lastAttempt.endedAt;
    if (!isLast || lastAttempt.connectionStatus === null || lastAttempt.trigger === 'mx_webhook') return;
    if (status !== undefined && status !== lastAttempt.connectionStatus) {
      throw new Violation(4, `${lastAttempt.refreshId} saw ${lastAttempt.connectionStatus}, shown is ${status}`);
    }
  }

  function gone(was: Claim): void {
    const truth = refreshes.get(was.refreshId);
    if (truth === undefined) return;
    truth.released = true;
    if (was.phase !== 'ended') throw new Violation(1, `${was.refreshId} vanished without an end`);
    const isTold = world.published.some(({ id }) => id === `${was.refreshId}/ended`) || world.hasNotice(was.refreshId);
    if (!isTold) {
      throw new Violation(8, `${was.refreshId} was released before its end was told or a notice of it sent`);
    }
  }

  function balanceChanged(invocation: Invocation, before: StoredBalance | undefined, after: StoredBalance): void {
    const sameObservation = before?.refreshId === after.refreshId && before.observedAt === after.observedAt;
    const by = before !== undefined && sameObservation ? refreshFor(invocation, after.member) : after.refreshId;
    const what = `${after.accountGuid} by ${by ?? 'none'}`;
    const older =
      before !== undefined &&
      (after.observedAt < before.observedAt ||
        (after.observedAt === before.observedAt && after.refreshId < before.refreshId));
    if (older) throw new Violation(3, `${what}: an older observation replaced a newer one`);
    const deleted = deletedAt.get(textOf(after.member));
    if (deleted !== undefined && invocation.startedAt > deleted)
      throw new Violation(9, `${what}: written after deletion`);
    const truth = by === undefined ? undefined : refreshes.get(by);
    // Data that MX has gathered by itself is stored without a claim.
    if (truth === undefined && after.trigger !== 'mx_webhook' && !sameObservation) {
      throw new Violation(3, `${what}: no such refresh`);
    }
    if (sameObservation) return;
    // Who was writing when the member was deleted goes on for a while; what it leaves is erased after that.
    if (truth?.result && truth.result.outcome !== 'succeeded' && truth.result.code !== 'member_deleted') {
      throw new Violation(3, `${what}: written after its end as ${truth.result.outcome}`);
    }
    const listing = listedBy.get(invocation)?.get(textOf(after.member));
    if (truth && listing) {
      truth.oldestImport = listing.oldestImport;
      truth.stored.push({
        balance: after,
        importedAt: listing.imports.get(after.accountGuid) ?? null,
        imports: [...listing.imports.values()],
        jobs: truth.jobs,
        jobAggregatedAt: truth.jobAggregatedAt,
        importsMove: world.record(after.member)?.importsMove === true,
      });
    }
    if (listing === undefined) throw new Violation(4, `${what}: written by a function that has not read it`);
    if (epochMillisecondsOf(after.observedAt) > listing.at)
      throw new Violation(4, `${what}: is said to be newer than it is`);
    const shown = listing.balances.get(after.accountGuid) ?? null;
    const stored = after.fields['balance'];
    const same = shown === null ? stored === undefined : stored instanceof Decimal && stored.equals(Decimal.of(shown));
    if (!same)
      throw new Violation(
        5,
        `${what}: MX said ${shown}, stored is ${stored instanceof Decimal ? stored.text : stored}`,
      );
  }

  return {
    refreshes,
    sent,
    deletedAt,
    erasedAt: () => erasedAt,
    checkFormerAmounts: formerAmounts.check,

    effect(invocation, name) {
      if (early !== null) throw early;
      const isPutOff = name === 'members.recordStart' || name === 'members.putOffStarts';
      const putOff = isPutOff ? putOffBy.get(invocation) : undefined;
      const putOffMember = world.members.find((key) => textOf(key) === putOff?.key);
      // The first one changes nothing where the refresh has ended meanwhile; the second one notes it then.
      const isNoted = putOffMember && world.record(putOffMember) !== (known.get(textOf(putOffMember)) ?? null);
      if (putOff !== undefined && isNoted) putOffUntil.set(putOff.key, putOff.until);
      if (['members.', 'seen.', 'unstarted.'].some((port) => name.startsWith(port))) {
        for (const key of world.members) {
          const text = textOf(key);
          checkReserved(text, world.reservedRead(key));
          const [before, after, body] = [known.get(text) ?? null, world.record(key), world.body(key)];
          if (after === null) continue;
          if (before !== after) {
            known.set(text, after);
            memberChanged(invocation, before, after);
            checkItem(world, after);
          }
          const bodyBefore = knownBodies.get(text);
          if (before === after && body === bodyBefore) continue;
          knownBodies.set(text, body);
          if (bodyBefore === null && body) throw new Violation(9, `MX's member object of ${text} came back`);
          checkView(after, body ?? null);
        }
      } else if (name.startsWith('balances.store/')) {
        for (const key of world.members) {
          const items = world.balances(key);
          if (items === undefined) continue;
          const before = knownBalances.get(textOf(key));
          let changed = false;
          for (const [guid, item] of items) {
            if (before?.get(guid) === item) continue;
            changed = true;
            balanceChanged(invocation, before?.get(guid), item);
            formerAmounts.stored(before?.get(guid), item);
          }
          if (changed) knownBalances.set(textOf(key), new Map(items));
        }
      } else if (name === 'history.put') {
        formerAmounts.put(world.members);
      } else if (name === 'erasure.erase') {
        erasedAt = world.now();
      } else if (name === 'events.publish') {
        const event = world.published.at(-1);
        if (event?.id.endsWith('/ended') && !world.projectionEnded(event.id.slice(0, -'/ended'.length))) {
          throw new Violation(8, `${event.id} was published before it could be read`);
        }
      }
    },

    memberRead(invocation, key, seen) {
      remember(seenBy, invocation, key, seen);
      if (invocation.role !== 'follow-up') return;
      const truth = refreshes.get(refreshFor(invocation, key) ?? '');
      if (truth === undefined) return;
      truth.lastReadAt = seen.at;
      truth.reads = truth.newestJob === seen.newestJob ? truth.reads + 1 : 1;
      truth.newestJob = seen.newestJob;
      jobShown(truth, seen.aggregatedAt);
    },

    putOff(invocation, key, seconds) {
      putOffBy.set(invocation, { key: textOf(key), until: world.now() + seconds * 1000 });
    },

    posting(invocation, key) {
      const seconds = Math.round(((putOffUntil.get(textOf(key)) ?? 0) - world.now()) / 1000);
      if (seconds <= 0) return;
      early ??= new Violation(7, `${invocation.id} asked for a job of ${textOf(key)} ${seconds} s before MX allows it`);
    },

    missed(key) {
      if (!missedAt.has(textOf(key))) missedAt.set(textOf(key), world.now());
    },

    accountsListed: (invocation, key, listing) => remember(listedBy, invocation, key, listing),

    answered(invocation, key, sentAt) {
      if (answeredBy.get(invocation)?.has(textOf(key))) {
        throw new Violation(2, `${invocation.id} has sent a user’s answers twice`);
      }
      remember(answeredBy, invocation, key, sentAt);
    },

    posted(invocation, key, { sentAt, status, aggregatedAt }) {
      const text = textOf(key);
      const id = refreshFor(invocation, key);
      const truth = id === undefined ? undefined : refreshes.get(id);
      if (truth === undefined) throw new Violation(2, `a job was started at MX without a claim, by ${invocation.id}`);
      const deleted = deletedAt.get(text);
      if (deleted !== undefined && invocation.startedAt > deleted) {
        throw new Violation(9, `a job of a deleted member was started by ${invocation.id}`);
      }
      const last = truth.posts.at(-1);
      if (last !== undefined && truth.lastReadAt < last.sentAt) {
        throw new Violation(2, `${truth.refreshId} started a job again without looking what came of the first`);
      }
      // A start that begins before them may send its POST a moment into them.
      const isAtNight = world.isQuiet(key, invocation.startedAt) && world.isQuiet(key, sentAt);
      if (invocation.role === 'start-due' && isAtNight) {
        throw new Violation(0, `${truth.refreshId} was started in the member's quiet hours`);
      }
      if (truth.trigger !== 'http') {
        const seen = seenBy.get(invocation)?.get(text);
        if (seen === undefined) throw new Violation(6, `${truth.refreshId} was started unattended without a look`);
        if (seen.needsUpdatedCredentials || ruleFor(seen.status).holdsBackUnattended) {
          throw new Violation(6, `${truth.refreshId} was started unattended although the member was ${seen.status}`);
        }
      }
      const post: PostTruth = { sentAt, at: world.now(), status };
      truth.posts.push(post);
      jobShown(truth, aggregatedAt);
      truth.reads = 0;
      if (status === 202) {
        const since = post.at - world.policy.allowanceWindowSeconds * 1000 + POST_SLACK_MS;
        const all = [...(started.get(text) ?? []).filter((at) => at > since), post.at];
        started.set(text, all);
        if (all.length > world.policy.allowanceStarts)
          throw new Violation(7, `${all.length} jobs of ${text} in the window`);
      }
    },
  };
}
