/** Where in a network a function is put. */
import { type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/** The network, subnets and security groups of a function. */
export type Placement = Pick<FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'>;

/** Whom the group is for, as its description begins, and where they may connect to. */
interface GroupProps {
  readonly vpc: IVpc;
  readonly who: string;
  /** Its port is allowed too. */
  readonly mxBaseUrl: string;
}

/** The security group `Functions`: nothing comes in, and only HTTPS goes out. */
export function onlyHttpsOut(scope: Construct, { vpc, who, mxBaseUrl }: GroupProps): SecurityGroup {
  const group = new SecurityGroup(scope, 'Functions', {
    vpc,
    description: `${who}: out to HTTPS only, nothing in`,
    allowAllOutbound: false,
  });
  for (const port of new Set([443, Number(new URL(mxBaseUrl).port || 443)]))
    group.addEgressRule(Peer.anyIpv4(), Port.tcp(port), 'MX and AWS');
  return group;
}
