import { CfnOutput, Duration } from 'aws-cdk-lib';
import { Archive, EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '../../shared/domain/event.ts';
import type { Alarms } from '../constructs/alarms.ts';
import { Credentials } from '../constructs/credentials.ts';
import type { Encryption } from '../constructs/encryption.ts';
import { Storage } from '../constructs/storage.ts';
import type { GivenResources } from '../given-resources.ts';
import type { Settings } from '../settings.ts';

/** The tables, the secrets, and the bus for events. */
export interface Stores {
  readonly storage: Storage;
  readonly credentials: Credentials;
  readonly events: IEventBus;
}

/** The settings of the deployment, what it is called, and what is there already. */
export interface StoresProps {
  readonly settings: Settings;
  readonly name: string;
  readonly given: GivenResources;
  readonly alarms: Alarms;
  /** @default AWS's own keys */
  readonly encryption: Encryption | undefined;
}

/** Makes the tables and secrets in `scope`, and the bus unless one is given. */
export function addStores(scope: Construct, { settings, name, given, alarms, encryption }: StoresProps): Stores {
  const key = encryption?.key;
  const storage = new Storage(scope, 'Storage', { name, retain: settings.retainData, key });
  const credentials = new Credentials(scope, 'Credentials', { ...settings, alarms, key });
  // The CDK's own types do not fit together under exactOptionalPropertyTypes (EventBus and its interface IEventBus).
  const events =
    given.eventBus ?? (new EventBus(scope, 'Events', { description: 'What happened to refreshes' }) as IEventBus);
  new CfnOutput(scope, 'EventBusName', { value: events.eventBusName, description: 'Events about refreshes' });
  if (settings.eventArchiveDays > 0) addEventArchive(scope, events, settings.eventArchiveDays);
  return { storage, credentials, events };
}

/** Only events of this service: a bus that is there already may have others. */
function addEventArchive(scope: Construct, sourceEventBus: IEventBus, days: number): void {
  const archive = new Archive(scope, 'EventArchive', {
    sourceEventBus,
    description: 'Events about refreshes, to be sent again (docs/events.md)',
    eventPattern: { source: [EVENT_SOURCE] },
    retention: Duration.days(days),
  });
  new CfnOutput(scope, 'EventArchiveArn', { value: archive.archiveArn, description: 'Archive of the events' });
}
