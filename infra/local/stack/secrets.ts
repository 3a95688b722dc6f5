import { createHash } from 'node:crypto';
import { type AwsEngine, awsAnswer, awsError, unknownAction } from './aws-call.ts';
import type { Properties } from './properties.ts';
import { stableSuffix } from './resource-types.ts';
import type { StackData } from './stack-data.ts';
import { isRecord } from './template.ts';

interface Version {
  readonly id: string;
  readonly text: string;
  readonly createdAt: number;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  /** The value that it was added with. */
  readonly first: string;
  /** Newest first: `AWSCURRENT`, then `AWSPREVIOUS`. */
  versions: readonly Version[];
}

const ACTIONS = ['GetSecretValue', 'PutSecretValue', 'ListSecrets', 'DescribeSecret'];

/** What is kept of a secret. */
interface KeptSecret {
  /** The value that it was added with. */
  readonly first: string;
  readonly versions: readonly Version[];
}

/** Secrets Manager on one machine, in memory or kept: values are read and put, secrets listed and described. */
export class Secrets {
  readonly #secrets: Secret[] = [];
  readonly #now: () => number;
  readonly #data: StackData | undefined;

  constructor(now: () => number, data?: StackData) {
    this.#now = now;
    this.#data = data;
  }

  /** Adds a secret, or the versions that are kept of it, if it had this value first. @param arn `…:secret:<name>-<6 characters>` */
  add(arn: string, text: string): void {
    const name = arn.slice(arn.indexOf(':secret:') + ':secret:'.length, -'-xxxxxx'.length);
    const kept = this.#kept(arn);
    const versions = kept?.first === text ? kept.versions : [this.#version(stableSuffix(arn, 32), text)];
    this.#secrets.push({ arn, name, first: text, versions });
  }

  /** Puts a new version, as `PutSecretValue` does. */
  put(arn: string, text: string, id: string): void {
    const secret = this.#secrets.find((candidate) => candidate.arn === arn);
    if (secret === undefined) throw new Error(`there is no secret ${arn}`);
    secret.versions = [this.#version(id, text), ...secret.versions].slice(0, 2);
    const { first, versions } = secret;
    this.#data?.write(arn, Buffer.from(JSON.stringify({ first, versions } satisfies KeptSecret)));
  }

  #kept(arn: string): KeptSecret | undefined {
    const bytes = this.#data?.read(arn);
    return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
  }

  readonly engine: AwsEngine = async (call) => {
    const input: unknown = JSON.parse(call.body.toString() || '{}');
    if (!ACTIONS.includes(call.action)) return unknownAction('secretsmanager', call.action, ACTIONS);
    if (call.action === 'ListSecrets') {
      return awsAnswer('secretsmanager', { SecretList: this.#secrets.map(described) });
    }
    const id = isRecord(input) ? input['SecretId'] : undefined;
    if (!isRecord(input) || typeof id !== 'string') {
      return awsError('secretsmanager', 'InvalidParameterException', 'SecretId is missing');
    }
    const secret = this.#secrets.find(({ arn, name }) => id === arn || id === name || id === arn.slice(0, -7));
    if (secret === undefined) {
      return awsError(
        'secretsmanager',
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret.",
      );
    }
    const identity = { ARN: secret.arn, Name: secret.name };
    switch (call.action) {
      case 'GetSecretValue': {
        const stage = input['VersionStage'] ?? 'AWSCURRENT';
        const versionId = input['VersionId'];
        const found =
          versionId === undefined
            ? secret.versions[['AWSCURRENT', 'AWSPREVIOUS'].indexOf(String(stage))]
            : secret.versions.find((version) => version.id === versionId);
        if (found === undefined) {
          const message = `Secrets Manager can't find the specified secret value for staging label: ${String(stage)}`;
          return awsError('secretsmanager', 'ResourceNotFoundException', message);
        }
        return awsAnswer('secretsmanager', {
          ...identity,
          VersionId: found.id,
          SecretString: found.text,
          VersionStages: [found === secret.versions[0] ? 'AWSCURRENT' : 'AWSPREVIOUS'],
          CreatedDate: found.createdAt / 1000,
        });
      }
      case 'PutSecretValue': {
        const text = input['SecretString'];
        const token = input['ClientRequestToken'];
        if (typeof text !== 'string' || typeof token !== 'string') {
          const message = 'the local stack needs SecretString and ClientRequestToken';
          return awsError('secretsmanager', 'InvalidParameterException', message);
        }
        this.put(secret.arn, text, token);
        return awsAnswer('secretsmanager', { ...identity, VersionId: token, VersionStages: ['AWSCURRENT'] });
      }
      default:
        return awsAnswer('secretsmanager', described(secret));
    }
  };

  #version(id: string, text: string): Version {
    return { id, text, createdAt: this.#now() };
  }
}

/** A secret without its value. */
const described = ({ arn, name, versions }: Secret): Record<string, unknown> => ({
  ARN: arn,
  Name: name,
  LastChangedDate: (versions[0]?.createdAt ?? 0) / 1000,
  SecretVersionsToStages: Object.fromEntries(
    versions.map(({ id }, index) => [id, [index === 0 ? 'AWSCURRENT' : 'AWSPREVIOUS']]),
  ),
});

/** The first value of a secret of the template: what it says, or a generated one that is the same in every run. */
export function firstSecretValue(logicalId: string, properties: Properties): string {
  const given = properties.optionalText('SecretString');
  if (given !== undefined) return given;
  if (!properties.has('GenerateSecretString')) return '';
  const generate = properties.object('GenerateSecretString');
  const password = stablePassword(logicalId, generate);
  const template = generate.optionalText('SecretStringTemplate');
  if (template === undefined) return password;
  const parsed: unknown = JSON.parse(template);
  if (!isRecord(parsed)) throw generate.fault('SecretStringTemplate', 'must be a JSON object');
  return JSON.stringify({ ...parsed, [generate.text('GenerateStringKey')]: password });
}

function stablePassword(seed: string, generate: Properties): string {
  const excluded = generate.optionalText('ExcludeCharacters') ?? '';
  const sets: readonly (readonly [string, string])[] = [
    ['ExcludeLowercase', 'abcdefghijklmnopqrstuvwxyz'],
    ['ExcludeUppercase', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
    ['ExcludeNumbers', '0123456789'],
    ['ExcludePunctuation', '!#$%&()*+,-./:;<=>?@[]^_{|}~'],
  ];
  const alphabet = sets
    .filter(([exclude]) => generate.optionalFlag(exclude) !== true)
    .flatMap(([, characters]) => [...characters])
    .filter((character) => !excluded.includes(character));
  if (alphabet.length === 0) throw generate.fault('ExcludeCharacters', 'leaves no character');
  const length = generate.optionalNumber('PasswordLength') ?? 32;
  let password = '';
  for (let block = 0; password.length < length; block += 1) {
    for (const byte of createHash('sha256').update(`${seed}/${block}`).digest()) {
      password += alphabet[byte % alphabet.length] ?? '';
    }
  }
  return password.slice(0, length);
}
