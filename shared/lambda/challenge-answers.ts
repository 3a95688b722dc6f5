/** The body of MX's resume: the user's answers. What is wrong with it is said without repeating any of it. */
import * as v from 'valibot';
import { Failure } from '../domain/failure.ts';
import type { ChallengeAnswer } from '../domain/mx.ts';

/** Answers in one body. */
export const MAX_ANSWERS = 20;
/** Characters of an answer. */
export const MAX_ANSWER_LENGTH = 1_000;
/** What the guid of a challenge looks like, as a JSON Schema has it. */
export const CHALLENGE_GUID_PATTERN = '^[A-Za-z0-9-]{1,100}$';

const schema = v.strictObject({
  member: v.strictObject({
    challenges: v.pipe(
      v.array(
        v.strictObject({
          guid: v.pipe(v.string(), v.regex(new RegExp(CHALLENGE_GUID_PATTERN))),
          value: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ANSWER_LENGTH)),
        }),
      ),
      v.minLength(1),
      v.maxLength(MAX_ANSWERS),
    ),
  }),
});

/** @throws Failure `invalid_request` with the field at fault. */
export function readAnswers(body: unknown): readonly ChallengeAnswer[] {
  const read = v.safeParse(schema, body);
  if (read.success) return read.output.member.challenges;
  const field = fieldIn(v.getDotPath(read.issues[0]));
  throw new Failure(
    'invalid_request',
    `${field} is wrong: the body has to be {"member":{"challenges":[{"guid":"…","value":"…"}]}}, 1 to ${MAX_ANSWERS} of them, each value of 1 to ${MAX_ANSWER_LENGTH} characters`,
    { field },
  );
}

/** Only names that the schema has: others are the caller's, who may have put an answer there. */
const fieldIn = (path: string | null): string =>
  path !== null && /^member(\.challenges(\.\d+(\.(guid|value))?)?)?$/.test(path) ? path : 'body';
