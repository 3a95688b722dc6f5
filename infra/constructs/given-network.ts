import { type ISecurityGroup, type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { onlyHttpsOut, type Placement } from './placement.ts';

/** Ids of a network that is there already. */
export interface GivenNetworkProps {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Empty: one is made. */
  readonly securityGroupIds: readonly string[];
  readonly mxBaseUrl: string;
}

/** A VPC of the account's, named by ids, so that a synthesis looks nothing up. */
export class GivenNetwork extends Construct {
  /** How a function is put into it. */
  readonly placement: Placement;

  constructor(scope: Construct, id: string, { vpcId, subnetIds, securityGroupIds, mxBaseUrl }: GivenNetworkProps) {
    super(scope, id);
    const vpc: IVpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId,
      privateSubnetIds: [...subnetIds],
      // The CDK wants these of each subnet. No resource that is made here names one.
      availabilityZones: subnetIds.map((subnetId) => `zone of ${subnetId}`),
      privateSubnetRouteTableIds: subnetIds.map((subnetId) => `route table of ${subnetId}`),
    });
    const groups: ISecurityGroup[] = securityGroupIds.map((groupId) =>
      SecurityGroup.fromSecurityGroupId(this, groupId, groupId, { mutable: false }),
    );
    this.placement = {
      vpc,
      vpcSubnets: { subnets: vpc.privateSubnets },
      securityGroups: groups.length > 0 ? groups : [onlyHttpsOut(this, { vpc, mxBaseUrl, who: 'Functions' })],
    };
  }
}
