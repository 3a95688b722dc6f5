import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import {
  CfnEIP,
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  NatProvider,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledged-finding.ts';
import { onlyHttpsOut, type Placement } from './placement.ts';

/** Where the functions may connect to, and over how many addresses. */
export interface FixedEgressProps {
  /** Availability zones, each with a NAT gateway and an address. */
  readonly zones: number;
  /** Where MX is; the functions may reach its port, and HTTPS for AWS. */
  readonly mxBaseUrl: string;
  /** Keeps the addresses when the stack is deleted: MX would have to allow-list new ones. */
  readonly retain: boolean;
  /** The log group of the network's connections. @default they are not logged */
  readonly flowLogs?: LogGroupProps | undefined;
}

/**
 * A network whose only way out has a fixed address, because MX accepts calls only from allow-listed ones. The address
 * is allocated here and not by the NAT gateway, so that it outlives the gateway.
 */
export class FixedEgress extends Construct {
  /** How a function is put behind the fixed address. */
  readonly placement: Placement;
  readonly natGatewayIds: readonly string[];

  constructor(scope: Construct, id: string, { zones, mxBaseUrl, retain, flowLogs }: FixedEgressProps) {
    super(scope, id);
    const addresses = Array.from({ length: zones }, (_, zone) => {
      const address = new CfnEIP(this, `Address${zone + 1}`, { domain: 'vpc' });
      address.applyRemovalPolicy(retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
      new CfnOutput(scope, `MxAllowListAddress${zone === 0 ? '' : zone + 1}`, {
        value: address.ref,
        description: 'Calls to MX come from this address: have MX allow-list it',
      });
      return address;
    });

    const natGatewayProvider = NatProvider.gateway({
      eipAllocationIds: addresses.map((address) => address.attrAllocationId),
    });
    const network = new Vpc(this, 'Network', {
      ipAddresses: IpAddresses.cidr('10.0.0.0/24'),
      maxAzs: zones,
      natGateways: zones,
      natGatewayProvider,
      subnetConfiguration: [
        { name: 'Way', subnetType: SubnetType.PUBLIC, cidrMask: 27, mapPublicIpOnLaunch: false },
        { name: 'Functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 26 },
      ],
      // Restricting it would add a custom resource with a Lambda of the CDK's; nothing here uses the default group.
      restrictDefaultSecurityGroup: false,
    });
    if (flowLogs === undefined)
      acknowledge(
        network,
        'AwsSolutions-VPC7',
        'A setting (flowLogs) that is off by default: only the functions that call MX are in this network, and their group lets nothing in and only HTTPS out.',
      );
    else {
      const logGroup = new LogGroup(this, 'FlowLogs', flowLogs);
      network.addFlowLog('Connections', { destination: FlowLogDestination.toCloudWatchLogs(logGroup) });
    }
    // Free, and keeps the largest part of the traffic away from the NAT gateway, which costs per byte.
    network.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });

    this.natGatewayIds = natGatewayProvider.configuredGateways.map(({ gatewayId }) => gatewayId);
    // The CDK's own types do not fit together under exactOptionalPropertyTypes (Vpc and its interface IVpc).
    const vpc = network as IVpc;
    const group = onlyHttpsOut(this, { vpc, mxBaseUrl, who: 'Functions that call MX' });
    this.placement = { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }, securityGroups: [group] };
  }
}
