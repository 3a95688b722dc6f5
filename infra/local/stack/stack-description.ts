import { type AwsEngine, awsError, unknownAction } from './aws-call.ts';
import { queryAnswer, type Xml } from './aws-query.ts';
import type { Blueprint, NamedResource } from './blueprint.ts';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';
/** CloudFormation's page of `ListStackResources`, and all that `DescribeStackResources` ever gives. */
const PAGE = 100;
const ACTIONS = [
  'DescribeStacks',
  'ListStacks',
  'ListStackResources',
  'DescribeStackResources',
  'DescribeStackResource',
];

/** CloudFormation on one machine: the running stack, to be looked at. @param createdAt milliseconds since 1970 */
export function stackDescription(blueprint: Blueprint, createdAt: number): AwsEngine {
  const { stackName } = blueprint.place;
  const stackId = blueprint.stackId;
  const time = new Date(createdAt).toISOString();

  const summary = (resource: NamedResource): Record<string, Xml> => ({
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.ref,
    ResourceType: resource.type,
    ResourceStatus: 'CREATE_COMPLETE',
    LastUpdatedTimestamp: time,
  });
  const detail = (resource: NamedResource, timeName: 'Timestamp' | 'LastUpdatedTimestamp'): Record<string, Xml> => ({
    StackName: stackName,
    StackId: stackId,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.ref,
    ResourceType: resource.type,
    ResourceStatus: 'CREATE_COMPLETE',
    [timeName]: time,
  });
  const stack = (): Record<string, Xml | undefined> => ({
    StackId: stackId,
    StackName: stackName,
    Description: blueprint.description,
    CreationTime: time,
    StackStatus: 'CREATE_COMPLETE',
    Outputs: blueprint
      .describedOutputs()
      .map(({ name, value, description }) => ({ OutputKey: name, OutputValue: value, Description: description })),
    Tags: [],
    Capabilities: ['CAPABILITY_IAM'],
  });

  return async (call) => {
    const form = new URLSearchParams(call.body.toString());
    const answer = (result: Readonly<Record<string, Xml>>) => queryAnswer(call.action, NAMESPACE, result);
    if (!ACTIONS.includes(call.action)) return unknownAction('cloudformation', call.action, ACTIONS);
    const asked = form.get('StackName');
    if (asked !== null && asked !== stackName && asked !== stackId) {
      const message = `Stack with id ${asked} does not exist: the local stack runs ${stackName} only`;
      return awsError('cloudformation', 'ValidationError', message);
    }
    if (asked === null && call.action !== 'DescribeStacks' && call.action !== 'ListStacks') {
      return awsError('cloudformation', 'ValidationError', `StackName is missing; here it is ${stackName}`);
    }
    const resources = blueprint.resources();
    const logicalId = form.get('LogicalResourceId');
    const named = logicalId === null ? resources : resources.filter((resource) => resource.logicalId === logicalId);
    if (logicalId !== null && named.length === 0) {
      return awsError('cloudformation', 'ValidationError', `Stack ${stackName} has no resource ${logicalId}`);
    }
    switch (call.action) {
      case 'DescribeStacks':
        return answer({ Stacks: [stack()] });
      case 'ListStacks':
        return answer({
          StackSummaries: [
            { StackId: stackId, StackName: stackName, CreationTime: time, StackStatus: 'CREATE_COMPLETE' },
          ],
        });
      case 'ListStackResources': {
        const from = Number(form.get('NextToken') ?? 0);
        const next = from + PAGE;
        return answer({
          StackResourceSummaries: resources.slice(from, next).map(summary),
          ...(next < resources.length ? { NextToken: String(next) } : {}),
        });
      }
      case 'DescribeStackResources':
        return answer({ StackResources: named.slice(0, PAGE).map((resource) => detail(resource, 'Timestamp')) });
      default: {
        const [resource] = named;
        if (logicalId === null || resource === undefined) {
          return awsError('cloudformation', 'ValidationError', 'LogicalResourceId is missing');
        }
        return answer({ StackResourceDetail: detail(resource, 'LastUpdatedTimestamp') });
      }
    }
  };
}
