/** The template in which everything is on, with the names of the local stack. */
import { Blueprint } from '../../infra/local/stack/blueprint.ts';
import { everythingOn, synthesize } from '../infra/synthesized.ts';

const place = {
  region: 'us-east-1',
  account: '000000000000',
  stackName: 'local',
  awsEndpointUrl: 'http://127.0.0.1:1',
  apiUrl: 'http://127.0.0.1:2',
};

/** Everything that can be switched on. */
export function everything(): Blueprint {
  const { resources } = synthesize({ ...everythingOn, apiAccess: 'basic' });
  const entries = resources.map((resource) => [resource.id, { ...resource, Properties: Object(resource.Properties) }]);
  return new Blueprint({ Resources: Object.fromEntries(entries) }, place);
}
