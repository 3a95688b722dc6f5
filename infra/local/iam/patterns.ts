/** Patterns of IAM: `*` stands for any characters, also none, `?` for exactly one. Every other one is itself. */
import { arnParts } from './arn.ts';

/** Whether a pattern fits the whole text, case-sensitively. */
export const fits = (pattern: string, text: string): boolean => expressionOf(pattern).test(text);

/**
 * Whether a pattern fits an ARN, part by part: no wildcard reaches over a colon but in the last part, the resource.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function fitsArn(pattern: string, arn: string): boolean {
  const parts = arnParts(arn);
  const patterns = arnParts(pattern);
  return (
    patterns !== undefined && parts !== undefined && patterns.every((part, index) => fits(part, parts[index] ?? ''))
  );
}

/** Names of actions are not case-sensitive. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
export const fitsAction = (pattern: string, action: string): boolean =>
  fits(pattern.toLowerCase(), action.toLowerCase());

/** `*` alone fits also what is no ARN: actions that know no resource are asked for with `*`. */
export const fitsResource = (pattern: string, resource: string): boolean =>
  pattern === '*' || fitsArn(pattern, resource);

/** Policies have few patterns, and each is asked for often. */
const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\/-]/g, '\\$&');
  const expression = new RegExp(`^${escaped.replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`, 's');
  expressions.set(pattern, expression);
  return expression;
}
