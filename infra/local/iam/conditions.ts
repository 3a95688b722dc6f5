/**
 * The `Condition` element. Every operator and every key that is not here is an error.
 *
 * Operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * Several keys, several values: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 * Keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import { arnParts } from './arn.ts';
import { fits, fitsArn } from './patterns.ts';
import { fault, listOf, objectOf, textOf } from './policy-json.ts';

/** What conditions are asked about. Keys of services that call on behalf of a role are absent: roles call for themselves. */
export interface RequestContext {
  /** Over TLS, as the SDK calls AWS. */
  readonly secureTransport: boolean;
  /** The role's ARN, not the session's. */
  readonly principalArn: string;
  readonly principalAccount: string;
  readonly requestedRegion: string;
  readonly sourceArn?: undefined;
  readonly sourceAccount?: undefined;
  /** Only requests to KMS have it, and the engines here call no KMS. */
  readonly kmsViaService?: undefined;
  /** Only requests to DynamoDB have it: the partition keys of their items. */
  readonly leadingKeys?: readonly string[];
}

/** One key with its operator and values; a statement applies when all of them hold. */
export interface ConditionTest {
  /** How many of the values of a key that has several must fit; null for a key that has one. */
  readonly quantifier: Quantifier | null;
  readonly operator: Operator;
  readonly key: Key;
  readonly values: readonly string[];
  readonly place: string;
}

/** Keys are not case-sensitive. */
const keys = {
  'aws:securetransport': 'secureTransport',
  'aws:principalarn': 'principalArn',
  'aws:principalaccount': 'principalAccount',
  'aws:requestedregion': 'requestedRegion',
  'aws:sourcearn': 'sourceArn',
  'aws:sourceaccount': 'sourceAccount',
  'kms:viaservice': 'kmsViaService',
  'dynamodb:leadingkeys': 'leadingKeys',
} as const satisfies Record<string, keyof RequestContext>;

type Key = (typeof keys)[keyof typeof keys];

const isKey = (name: string): name is keyof typeof keys => Object.hasOwn(keys, name);

const same = (value: string, text: string): boolean => value === text;

/** How one value is compared, and whether the operator is the negated one. ArnEquals and ArnLike are the same. */
const operators = {
  Bool: { not: false, arn: false, fits: (value: string, text: string) => value.toLowerCase() === text },
  StringEquals: { not: false, arn: false, fits: same },
  StringNotEquals: { not: true, arn: false, fits: same },
  StringLike: { not: false, arn: false, fits },
  StringNotLike: { not: true, arn: false, fits },
  ArnEquals: { not: false, arn: true, fits: fitsArn },
  ArnLike: { not: false, arn: true, fits: fitsArn },
  ArnNotEquals: { not: true, arn: true, fits: fitsArn },
  ArnNotLike: { not: true, arn: true, fits: fitsArn },
} as const;

type Operator = keyof typeof operators;

const isOperator = (name: string): name is Operator => Object.hasOwn(operators, name);

/** Keys with a list of values. Without a quantifier AWS does not say how they are compared. */
const listKeys: readonly Key[] = ['leadingKeys'];

const quantifiers = ['ForAnyValue', 'ForAllValues'] as const;

type Quantifier = (typeof quantifiers)[number];

/** `ForAnyValue:StringEquals` in its parts; undefined for what is not known. */
function readOperator(
  name: string,
): { readonly quantifier: Quantifier | null; readonly operator: Operator } | undefined {
  const quantifier = quantifiers.find((prefix) => name.startsWith(`${prefix}:`)) ?? null;
  const operator = quantifier === null ? name : name.slice(quantifier.length + 1);
  return isOperator(operator) ? { quantifier, operator } : undefined;
}

/**
 * Reads the element; none is no test.
 *
 * @param place names the statement in errors
 * @throws Error for an operator, key, variable or malformed ARN
 */
export function readConditions(condition: unknown, place: string): readonly ConditionTest[] {
  if (condition === undefined) return [];
  return Object.entries(objectOf(condition, `${place}, Condition`)).flatMap(([written, tests]) => {
    const read = readOperator(written);
    if (read === undefined) throw fault(place, `has the condition operator ${written}, which is unknown`);
    const { quantifier, operator } = read;
    return Object.entries(objectOf(tests, `${place}, ${written}`)).map(([name, given]) => {
      const key = name.toLowerCase();
      if (!isKey(key)) throw fault(place, `has the condition key ${name}, which is unknown`);
      if (listKeys.includes(keys[key]) !== (quantifier !== null)) {
        const what = quantifier === null ? 'has several values' : 'has one value';
        throw fault(place, `compares ${name} by ${written}, and the key ${what}`);
      }
      const values = listOf(given).map((value) => textOf(typeof value === 'boolean' ? String(value) : value, place));
      if (values.length === 0) throw fault(place, `has no value for the condition key ${name}`);
      if (operator === 'Bool' && !values.every((value) => /^(true|false)$/i.test(value))) {
        throw fault(place, `compares ${name} with ${values.join(', ')}, which is neither true nor false`);
      }
      const wrong = operators[operator].arn ? values.find((value) => arnParts(value) === undefined) : undefined;
      if (wrong !== undefined) throw fault(place, `compares ${name} with ${wrong}, which is no ARN`);
      return { quantifier, operator, key: keys[key], values, place };
    });
  });
}

/**
 * Whether the test holds. A key that the request does not have holds for negated operators and for no other; of several
 * values, without any, `ForAllValues` holds and `ForAnyValue` does not.
 *
 * @throws Error when an ARN is compared and the request's value is none
 */
export function holds({ quantifier, operator, key, values, place }: ConditionTest, context: RequestContext): boolean {
  const { not, arn, fits: fitsValue } = operators[operator];
  const asked = context[key];
  const fitsOne = (text: string): boolean => {
    if (arn && arnParts(text) === undefined) throw fault(place, `the request’s ${key} is ${text}, which is no ARN`);
    return values.some((value) => fitsValue(value, text)) !== not;
  };
  if (quantifier === null) return asked === undefined ? not : fitsOne(String(asked));
  const several = Array.isArray(asked) ? asked.map(String) : [];
  return quantifier === 'ForAnyValue' ? several.some(fitsOne) : several.every(fitsOne);
}
