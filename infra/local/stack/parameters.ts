import { type AwsEngine, awsAnswer, awsError, unknownAction } from './aws-call.ts';
import type { Blueprint } from './blueprint.ts';
import { isRecord } from './template.ts';

interface Parameter {
  readonly name: string;
  readonly arn: string;
  readonly type: string;
  readonly value: string;
  readonly description: string | undefined;
}

const ACTIONS = ['GetParameter', 'GetParameters', 'GetParametersByPath', 'DescribeParameters'];
/** SSM gives at most this many parameters of a path in one answer. */
const PAGE = 10;

/** SSM's Parameter Store on one machine: the parameters of the template, to be read. @param createdAt milliseconds since 1970 */
export function parameterStore(blueprint: Blueprint, createdAt: number): AwsEngine {
  const { region, account } = blueprint.place;
  const parameters: readonly Parameter[] = blueprint.ofType('AWS::SSM::Parameter').map(({ ref, properties }) => ({
    name: ref,
    arn: `arn:aws:ssm:${region}:${account}:parameter/${ref.replace(/^\//, '')}`,
    type: properties.text('Type'),
    value: properties.text('Value'),
    description: properties.optionalText('Description'),
  }));
  const shown = ({ name, arn, type, value }: Parameter) => ({
    Name: name,
    Type: type,
    Value: value,
    Version: 1,
    LastModifiedDate: createdAt / 1000,
    ARN: arn,
    DataType: 'text',
  });
  const find = (name: unknown): Parameter | undefined =>
    parameters.find((parameter) => parameter.name === name || parameter.arn === name);

  return async (call) => {
    const parsed: unknown = JSON.parse(call.body.toString() || '{}');
    const input = isRecord(parsed) ? parsed : {};
    switch (call.action) {
      case 'GetParameter': {
        const found = find(input['Name']);
        if (found !== undefined) return awsAnswer('ssm', { Parameter: shown(found) });
        const names = parameters.map(({ name }) => name).join(', ');
        return awsError('ssm', 'ParameterNotFound', `there is no such parameter; the template has ${names || 'none'}`);
      }
      case 'GetParameters': {
        const names = Array.isArray(input['Names']) ? input['Names'].map(String) : [];
        const found = names.map(find).filter((parameter) => parameter !== undefined);
        const missing = names.filter((name) => find(name) === undefined);
        return awsAnswer('ssm', { Parameters: found.map(shown), InvalidParameters: missing });
      }
      case 'GetParametersByPath': {
        const path = String(input['Path'] ?? '').replace(/\/?$/, '/');
        const deep = input['Recursive'] === true;
        const below = parameters.filter(
          ({ name }) => name.startsWith(path) && (deep || !name.slice(path.length).includes('/')),
        );
        const from = Number(input['NextToken'] ?? 0);
        const page = below.slice(from, from + Math.min(Number(input['MaxResults'] ?? PAGE), PAGE));
        const next = from + page.length;
        return awsAnswer('ssm', {
          Parameters: page.map(shown),
          ...(next < below.length ? { NextToken: String(next) } : {}),
        });
      }
      case 'DescribeParameters':
        return awsAnswer('ssm', {
          Parameters: parameters.map((parameter) => {
            const { Value: _value, ...about } = shown(parameter);
            return { ...about, ...(parameter.description === undefined ? {} : { Description: parameter.description }) };
          }),
        });
      default:
        return unknownAction('ssm', call.action, ACTIONS);
    }
  };
}
