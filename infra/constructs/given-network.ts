import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { NetworkOfFunctions } from '../given-resources.ts';
import { onlyHttpsOut, type Placement } from './placement.ts';

/** Ids of a network that is there already. */
export interface NetworkIds {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Empty: one is made. */
  readonly securityGroupIds: readonly string[];
}

/** A VPC of the account's, which is used as it is. */
export class GivenNetwork extends Construct {
  /** How a function is put into it. */
  readonly placement: Placement;

  constructor(
    scope: Construct,
    id: string,
    { network, mxBaseUrl }: { network: NetworkIds | NetworkOfFunctions; mxBaseUrl: string },
  ) {
    super(scope, id);
    const { vpc, subnets, securityGroups = [] } = 'vpc' in network ? network : this.named(network);
    this.placement = {
      vpc,
      ...(subnets === undefined ? {} : { vpcSubnets: subnets }),
      securityGroups:
        securityGroups.length > 0 ? [...securityGroups] : [onlyHttpsOut(this, { vpc, mxBaseUrl, who: 'Functions' })],
    };
  }

  /** By ids, so that a synthesis looks nothing up. */
  private named({ vpcId, subnetIds, securityGroupIds }: NetworkIds): NetworkOfFunctions {
    const vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId,
      privateSubnetIds: [...subnetIds],
      // The CDK wants these of each subnet. No resource that is made here names one.
      availabilityZones: subnetIds.map((subnetId) => `zone of ${subnetId}`),
      privateSubnetRouteTableIds: subnetIds.map((subnetId) => `route table of ${subnetId}`),
    });
    const securityGroups = securityGroupIds.map((groupId) =>
      SecurityGroup.fromSecurityGroupId(this, groupId, groupId, { mutable: false }),
    );
    return { vpc, subnets: { subnets: vpc.privateSubnets }, securityGroups };
  }
}
