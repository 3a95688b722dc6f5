import type { MxAnswer } from './answers.ts';
import { errorAnswer, jsonAnswer } from './answers.ts';
import { lookAt, memberBody } from './bodies.ts';
import { readAnswers } from './challenges.ts';
import { resumeJob, startJob } from './job.ts';
import { field, parseBody } from './json-reading.ts';
import type { Member, World } from './world.ts';

const TWO_HOURS_MS = 2 * 3600 * 1000;
const THREE_HOURS_MS = 3 * 3600 * 1000;
const BALANCE_JOBS_PER_WINDOW = 5;

const accepted = (world: World, member: Member): MxAnswer =>
  jsonAnswer(202, { member: memberBody(world, member, lookAt(member)) });

/** MX facts 2.1: start a balance job, join the one that runs, or say why not. */
export function checkBalance(world: World, member: Member): MxAnswer {
  const { scenario } = member;
  const now = world.now();
  if (scenario.refuse !== undefined) {
    return errorAnswer(scenario.refuse.status, scenario.refuse.message, scenario.refuse.type);
  }
  if (scenario.conflictSeconds !== undefined && member.job === null && !member.conflictDone) {
    member.conflictDone = true;
    const end = { status: 'CONNECTED', errorCode: null };
    startJob(world, member, {
      kind: 'aggregation',
      at: now,
      isBackground: true,
      seconds: scenario.conflictSeconds,
      end,
    });
  }
  if (member.job !== null) {
    if (member.job.kind === 'balance') return accepted(world, member);
    return errorAnswer(409, 'A job of a different type is already running on the member.');
  }
  if (scenario.startsNothing || (member.needsUpdatedCredentials && world.settings.preventedStartsNothing)) {
    return accepted(world, member);
  }
  if (isOverLimit(world, member, now)) {
    return errorAnswer(429, 'The balance of this member was checked too often; try again later.');
  }
  startJob(world, member, { kind: 'balance', at: now });
  return accepted(world, member);
}

/** MX facts 5: five balance jobs per member in any two hours. The setting `throttleBalanceJobs` exempts MX Bank. */
function isOverLimit(world: World, member: Member, now: number): boolean {
  const { throttleBalanceJobs } = world.settings;
  const isLimited = throttleBalanceJobs === 'unless-mxbank' ? !isMxBank(member.institution.code) : throttleBalanceJobs;
  if (!isLimited) return false;
  return member.balanceStarts.filter((start) => now - start < TWO_HOURS_MS).length >= BALANCE_JOBS_PER_WINDOW;
}

const isMxBank = (code: string): boolean => code === 'mxbank' || code === 'mx_bank_oauth';

/** Standard aggregation. MX facts 5: too early (3 h after any job) answers 202 and starts nothing. */
export function aggregate(world: World, member: Member): MxAnswer {
  const now = world.now();
  if (member.job?.kind === 'balance') {
    return errorAnswer(409, 'A job of a different type is already running on the member.');
  }
  const isTooEarly =
    !isMxBank(member.institution.code) && member.lastJobStart !== null && now - member.lastJobStart < THREE_HOURS_MS;
  const isStuck = member.needsUpdatedCredentials && world.settings.preventedStartsNothing;
  if (member.job === null && !isTooEarly && !isStuck) startJob(world, member, { kind: 'aggregation', at: now });
  return accepted(world, member);
}

/** MX facts 2.9: the answers to the challenges. */
export function resume(world: World, member: Member, body: string): MxAnswer {
  const { job } = member;
  if (job === null || member.challenges.length === 0) {
    return errorAnswer(405, 'The member is not waiting for the answer to a challenge.');
  }
  const answers = new Map<string, string>();
  const given = field(field(parseBody(body), 'member'), 'challenges');
  for (const entry of Array.isArray(given) ? given : []) {
    const guid = field(entry, 'guid');
    const value = field(entry, 'value');
    if (typeof guid === 'string' && typeof value === 'string') answers.set(guid, value);
  }
  if (!member.challenges.every(({ guid }) => answers.has(guid))) {
    return errorAnswer(400, 'Every challenge has to be answered, under its own guid.');
  }
  resumeJob(world, member, job, readAnswers(member.challenges, answers));
  return accepted(world, member);
}
