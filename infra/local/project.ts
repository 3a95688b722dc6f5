/** The project on one machine: the synthesized template on the local stack, beside the MX simulator or the real MX. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp, createApp } from '../app.ts';
import { type MxSimulator, type MxSimulatorOptions, startMxSimulator } from '../mx-simulator/http-server.ts';
import { DEFAULT_SETTINGS } from '../mx-simulator/options.ts';
import type { WebhookTarget } from '../mx-simulator/webhook-sender.ts';
import { callbacksAreOn, readSettings } from '../settings.ts';
import {
  callersSecret,
  type DevelopmentCaller,
  defaultCallbackSecret,
  defaultCaller,
  webhookSender,
} from './development-keys.ts';
import type { MovableClock } from './movable-clock.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from './stack/local-stack.ts';
import type { StackData } from './stack/stack-data.ts';
import { assetsIn, readTemplateFile } from './stack/template.ts';

/** The real MX, in place of the simulator. */
export interface RealMx {
  readonly baseUrl: string;
  readonly clientId: string;
  readonly apiKey: string;
}

/** How to run the project. */
export interface ProjectOptions {
  /** Port of the HTTP API; 0 takes any free one. */
  readonly port: number;
  /** Port of the AWS endpoint. @default any free one */
  readonly awsPort?: number;
  /** Who may call an API with `basic` callers. @default the same in every run */
  readonly caller?: DevelopmentCaller;
  /** What callbacks are signed with, in base 64. @default the same in every run */
  readonly callbackSecret?: string;
  /** The real MX, or how to start the simulator. */
  readonly mx: { readonly real: RealMx } | { readonly simulator: MxSimulatorOptions };
  /** Settings other than the defaults, as texts of a command line or values. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether the schedules fire by the clock. @default true */
  readonly runSchedules?: boolean;
  /** The clock of stack and simulator. @default the machine's */
  readonly clock?: Pick<MovableClock, 'now' | 'aheadMs'>;
  /** Where tables, queues, secrets and the simulator's state are kept over a restart. @default in memory */
  readonly data?: StackData;
  /** As of the local stack: for tools that count AWS calls. */
  readonly aroundEngines?: LocalStackOptions['aroundEngines'];
}

/** The running project. */
export interface Project {
  readonly stack: LocalStack;
  /** Null with the real MX. */
  readonly simulator: MxSimulator | null;
  readonly caller: DevelopmentCaller;
  /** Who sends webhooks; with the setting `webhooks` on, the simulator does. */
  readonly webhookSender: DevelopmentCaller;
  /** What callbacks are signed with. */
  readonly callbackSecret: string;
  close(): Promise<void>;
}

/**
 * Synthesizes the stack of `infra/app.ts` and runs it. Only three settings differ from a deployment's defaults: the
 * stage's name, where MX is, and `basic` callers instead of IAM's.
 *
 * With the setting `webhooks` on, the simulator sends its webhooks to the API.
 *
 * @throws SettingsError, and Error with a sentence when a port is taken or the template holds something unknown.
 */
export async function startProject(options: ProjectOptions): Promise<Project> {
  const cleanup = new AsyncDisposableStack();
  try {
    // The API has no address yet; the simulator reads it here when it first has something to send.
    const target: WebhookTarget = { url: '', user: webhookSender.clientId, password: webhookSender.key };
    const webhooks = on(options.settings?.['webhooks']) ? { webhooks: target } : {};
    const simulator =
      'simulator' in options.mx
        ? await startMxSimulator({
            ...withClock(options.mx.simulator, options),
            ...webhooks,
            ...keptState(options.data),
          })
        : null;
    cleanup.defer(() => simulator?.close());
    const credentials =
      'real' in options.mx
        ? { client_id: options.mx.real.clientId, api_key: options.mx.real.apiKey }
        : { client_id: DEFAULT_SETTINGS.clientId, api_key: DEFAULT_SETTINGS.apiKey };
    const settings = readSettings({
      stage: 'local',
      mxBaseUrl: simulator?.url ?? ('real' in options.mx ? options.mx.real.baseUrl : undefined),
      apiAccess: 'basic',
      ...options.settings,
    });

    const outdir = mkdtempSync(join(tmpdir(), 'mx-fresh-balances-'));
    cleanup.defer(() => rmSync(outdir, { recursive: true, force: true }));
    const { app, stack: described } = buildApp(settings, { app: createApp({ outdir, validate: false }) });
    app.synth();

    const { caller = defaultCaller, callbackSecret = defaultCallbackSecret } = options;
    const stack = await startLocalStack({
      template: readTemplateFile(join(outdir, `${described.artifactId}.template.json`)),
      assetDirectory: assetsIn(outdir),
      port: options.port,
      ...(options.awsPort === undefined ? {} : { awsPort: options.awsPort }),
      stackName: described.stackName,
      secrets: {
        CredentialsMx: JSON.stringify(credentials),
        ...(settings.apiAccess === 'basic'
          ? { CredentialsApiCallers: callersSecret(caller, ['read', 'trigger', 'erase']) }
          : {}),
        ...(on(settings.webhooks) ? { CredentialsWebhooks: callersSecret(webhookSender, ['webhook']) } : {}),
        ...(callbacksAreOn(settings)
          ? { CredentialsCallbacks: JSON.stringify({ current: callbackSecret, previous: '' }) }
          : {}),
      },
      runSchedules: options.runSchedules ?? true,
      ...(options.clock === undefined ? {} : { clockAheadMs: options.clock.aheadMs }),
      ...(options.aroundEngines === undefined ? {} : { aroundEngines: options.aroundEngines }),
      ...(options.data === undefined ? {} : { data: options.data }),
    });
    cleanup.defer(() => stack.close());
    target.url = `${stack.apiUrl}/webhooks/mx`;
    return { stack, simulator, caller, webhookSender, callbackSecret, close: () => cleanup.disposeAsync() };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

const withClock = (simulator: MxSimulatorOptions, { clock }: Pick<ProjectOptions, 'clock'>): MxSimulatorOptions =>
  clock === undefined ? simulator : { ...simulator, model: { ...simulator.model, now: clock.now } };

const keptState = (data: StackData | undefined): Pick<MxSimulatorOptions, 'state'> =>
  data === undefined
    ? {}
    : { state: { read: () => data.read(SIMULATOR), write: (snapshot) => data.write(SIMULATOR, snapshot) } };

/** The name of the simulator's state among what is kept. */
const SIMULATOR = 'mx-simulator';

const on = (webhooks: unknown): boolean => webhooks === 'known' || webhooks === 'all';
