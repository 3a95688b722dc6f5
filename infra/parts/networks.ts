import type { LogGroupProps } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { FixedEgress } from '../constructs/fixed-egress.ts';
import { GivenNetwork } from '../constructs/given-network.ts';
import type { Placement } from '../constructs/placement.ts';
import type { GivenResources } from '../given-resources.ts';
import { listOf, type Settings } from '../settings.ts';

/** Where functions are put. Undefined: into no network. */
export interface Networks {
  /** Functions that call MX. */
  readonly callsMx: Placement | undefined;
  readonly others: Placement | undefined;
  /** The gateways of this stack's own network. */
  readonly natGatewayIds: readonly string[];
}

/** The settings of the deployment, what is there already, and the properties of every log group. */
export interface NetworksProps {
  readonly settings: Settings;
  readonly given: GivenResources;
  readonly logs: LogGroupProps;
}

/** The network that is given, or one with a fixed address for calls of MX, or none: as the settings want it. */
export function addNetworks(scope: Construct, { settings, given, logs }: NetworksProps): Networks {
  const { fixedEgress, egressZones, mxBaseUrl, retainData, flowLogs } = settings;
  const { vpcId, subnetIds, securityGroupIds } = settings;
  const ids = { vpcId, subnetIds: listOf(subnetIds), securityGroupIds: listOf(securityGroupIds) };
  const network = vpcId === '' ? given.network : ids;
  if (network) {
    const { placement } = new GivenNetwork(scope, 'GivenNetwork', { network, mxBaseUrl });
    return { callsMx: placement, others: placement, natGatewayIds: [] };
  }
  if (!fixedEgress) return { callsMx: undefined, others: undefined, natGatewayIds: [] };
  const { placement, natGatewayIds } = new FixedEgress(scope, 'Egress', {
    zones: egressZones,
    mxBaseUrl,
    retain: retainData,
    flowLogs: flowLogs ? logs : undefined,
  });
  // The others do without the NAT gateway, which costs per byte.
  return { callsMx: placement, others: undefined, natGatewayIds };
}
