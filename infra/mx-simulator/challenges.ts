import type { Random } from './random.ts';
import type { ChallengeType, JobEnd } from './scenarios.ts';
import { endForAnswer } from './scenarios.ts';
import type { Challenge } from './world.ts';

/** One grey pixel. */
const IMAGE = 'data:image/gif;base64,R0lGODlhAQABAIAAAMLCwgAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==';

const LABELS: Readonly<Record<ChallengeType, string>> = {
  TEXT: 'What city were you born in?',
  OPTIONS: 'Which of these is right?',
  TOKEN: 'Enter the code that we sent to you.',
  IMAGE_DATA: 'What is in the image?',
  IMAGE_OPTIONS: 'Choose your image.',
};

/** A new question; every round has a new guid (MX facts 2.9). */
export function createChallenge(guids: Random, type: ChallengeType): Challenge {
  const hasOptions = type === 'OPTIONS' || type === 'IMAGE_OPTIONS';
  const words = hasOptions ? ['correct', 'wrong', 'challenge'] : [];
  const options = words.map((value) => ({
    guid: guids.guid('CRD'),
    label: value,
    value,
    ...(type === 'IMAGE_OPTIONS' ? { data_uri: IMAGE } : {}),
  }));
  return { guid: guids.guid('CRD'), type, label: LABELS[type], options };
}

/** The question as MX writes it (MX facts 2.9): only the fields that belong to its type. */
export function challengeBody(challenge: Challenge): Record<string, unknown> {
  const { guid, type, label, options } = challenge;
  return {
    guid,
    field_name: null,
    label,
    type,
    ...(type === 'IMAGE_DATA' ? { image_data: IMAGE } : {}),
    ...(type === 'OPTIONS' ? { options } : {}),
    ...(type === 'IMAGE_OPTIONS' ? { image_options: options } : {}),
  };
}

/**
 * How a job goes on after these answers (challenge guid to value): the first that is not `correct` decides. A wrong
 * answer ends it REJECTED; for options the guid of an option is as good as its value.
 */
export function readAnswers(
  challenges: readonly Challenge[],
  answers: ReadonlyMap<string, string>,
): JobEnd | 'another-challenge' {
  let next: JobEnd | 'another-challenge' = { status: 'CONNECTED', errorCode: null };
  for (const challenge of challenges) {
    const given = answers.get(challenge.guid) ?? '';
    const value = challenge.options.find((option) => option.guid === given)?.value ?? given;
    const wrong: JobEnd = { status: 'REJECTED', errorCode: challenge.type === 'TOKEN' ? 2001 : 2002 };
    next = endForAnswer(value) ?? wrong;
    if (next === 'another-challenge' || next.status !== 'CONNECTED') return next;
  }
  return next;
}
