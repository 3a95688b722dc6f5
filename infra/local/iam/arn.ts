/** The six parts of an ARN, the last with all further colons; undefined when there are fewer or one is no ARN's. */
export function arnParts(arn: string): readonly string[] | undefined {
  const [first, partition = '', service = '', region = '', account = '', ...resource] = arn.split(':');
  if (first !== 'arn' || resource.length === 0) return undefined;
  return [first, partition, service, region, account, resource.join(':')];
}
