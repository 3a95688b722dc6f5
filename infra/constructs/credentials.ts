import { CfnOutput, RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { environmentOf, type FunctionName, type ValueName } from '../../shared/lambda/environment.ts';
import { callbacksAreOn, type Settings } from '../settings.ts';
import { acknowledge } from './acknowledged-finding.ts';
import { type Alarms, sum } from './alarms.ts';
import { firstNameOf } from './construct-ids.ts';
import { metricOfFunction } from './service-metric.ts';

const functionsThatCallMx = (Object.keys(environmentOf) as readonly FunctionName[]).filter((functionName) => {
  const values: readonly ValueName[] = environmentOf[functionName];
  // The operator's check tells its caller.
  return values.includes('mxSecretArn') && functionName !== 'check-mx';
});

/** The settings that decide which secrets exist and whether they outlive the stack, and the alarms for refused ones. */
export interface CredentialsProps
  extends Pick<Settings, 'apiAccess' | 'retainData' | 'stage' | 'webhooks' | 'callbackHosts' | 'callbackLoopback'> {
  readonly alarms: Alarms;
  /** Encrypts the secrets. @default Secrets Manager's own key */
  readonly key: IKey | undefined;
}

/**
 * The secrets, created without content: an operator fills them in after the first deployment (docs/runbook.md).
 *
 * The empty content below must never change. CloudFormation writes a secret again when its text in the template
 * changes, and would overwrite what the operator filled in.
 */
export class Credentials extends Construct {
  /** MX's `client_id` and `api_key`. */
  readonly mx: Secret;
  /** Who may call the HTTP API. Exists only when callers have keys (`apiAccess` = basic). */
  readonly apiCallers: Secret | undefined;
  /** What MX calls with. Exists only when webhooks are on. */
  readonly mxWebhooks: Secret | undefined;
  /** What callbacks are signed with. Exists only when some host may be called. */
  readonly callbacks: Secret | undefined;

  constructor(scope: Construct, id: string, { retainData, stage, alarms, key, ...settings }: CredentialsProps) {
    super(scope, id);
    const removalPolicy = retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const kept = { removalPolicy, ...(key === undefined ? {} : { encryptionKey: key }) };
    this.mx = new Secret(this, 'Mx', {
      description: 'MX credentials: {"client_id":"…","api_key":"…"}',
      secretStringValue: SecretValue.unsafePlainText('{"client_id":"","api_key":""}'),
      ...kept,
    });
    const unrotated = (secret: Secret, reason: string) => acknowledge(secret, 'AwsSolutions-SMG4', reason);
    unrotated(
      this.mx,
      'MX issues its key and has no call that replaces it. An operator writes the new one here; the functions fetch it when MX refuses the old one.',
    );
    new CfnOutput(scope, 'MxSecretArn', {
      value: this.mx.secretArn,
      description: 'Put the MX credentials here',
    });

    // AWS does not see that MX answered 401 or 403, so the functions count it, each under its own name; and an alarm on
    // one metric does not add the names up.
    for (const functionName of functionsThatCallMx)
      alarms.raise(this, `MxRejects-${firstNameOf(functionName)}`, {
        metric: metricOfFunction('MxCredentialsRejected', { service: functionName, stage }, sum),
        whenItFails:
          'MX refuses our credentials or our address: no balance is refreshed until they are accepted again.',
        runbook: 'mx-credentials-rejected',
        hurtsUsers: true,
      });

    if (settings.apiAccess === 'basic') {
      this.apiCallers = new Secret(this, 'ApiCallers', {
        description: 'Callers of the HTTP API: {"clients":[…]}',
        secretStringValue: SecretValue.unsafePlainText('{"clients":[]}'),
        ...kept,
      });
      unrotated(
        this.apiCallers,
        'It holds hashes of the callers’ keys, any number for each caller, so that one takes the place of another without a gap. A new key has to reach the caller, which no rotation here could do.',
      );
      new CfnOutput(scope, 'ApiCallersSecretArn', {
        value: this.apiCallers.secretArn,
        description: 'Put the callers of the HTTP API here',
      });
    }
    if (settings.webhooks !== 'off') {
      this.mxWebhooks = new Secret(this, 'Webhooks', {
        description: 'What MX calls POST /webhooks/mx with: {"clients":[…]}',
        secretStringValue: SecretValue.unsafePlainText('{"clients":[]}'),
        ...kept,
      });
      unrotated(
        this.mxWebhooks,
        'It holds the hash of the key that MX calls with. A new key has to be entered at MX by hand, which no rotation here could do.',
      );
      new CfnOutput(scope, 'WebhooksSecretArn', {
        value: this.mxWebhooks.secretArn,
        description: 'Put the hash of the key that MX calls with here',
      });
    }
    if (callbacksAreOn(settings)) {
      this.callbacks = new Secret(this, 'Callbacks', {
        description: 'What callbacks are signed with: {"current":"<base 64>","previous":"<base 64 or empty>"}',
        // Generated, so that the first callback is signed already: 44 letters and digits are 33 bytes in base 64.
        generateSecretString: {
          secretStringTemplate: '{"previous":""}',
          generateStringKey: 'current',
          passwordLength: 44,
          excludePunctuation: true,
        },
        ...kept,
      });
      unrotated(
        this.callbacks,
        'Receivers check signatures with it, so that a new key has to reach them. An operator changes it in two steps: the former key signs too, as "previous", until all have the new one.',
      );
      new CfnOutput(scope, 'CallbacksSecretArn', {
        value: this.callbacks.secretArn,
        description: 'Receivers of callbacks check signatures with its value "current"',
      });
    }
  }
}
