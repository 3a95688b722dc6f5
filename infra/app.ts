import { App } from 'aws-cdk-lib';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import type { FunctionName } from '../shared/lambda/environment.ts';
import { BalancesStack } from './balances-stack.ts';
import { bundle } from './bundle.ts';
import { readSettings, type Settings, SettingsError } from './settings.ts';

/** How tests and the local stack build the app inside their own process. */
export interface BuildOptions {
  /** @default an app that does not validate its template */
  readonly app?: App;
  /** Gives the folder with a function's `index.mjs`. @default bundles the function from `functions/` */
  readonly bundle?: (functionName: FunctionName) => string;
}

/** How an app is synthesized. */
export interface AppOptions {
  /** Where the template and the bundles go. @default what the command line says, else a temporary folder */
  readonly outdir?: string;
  /** Checks the template against CloudFormation's schemas and rules, which takes longer than all the rest. */
  readonly validate: boolean;
}

/** An empty app that synthesizes the same template from the CDK's command line and within another process. */
export function createApp({ outdir, validate }: AppOptions): App {
  return new App({
    analyticsReporting: false,
    builtinCloudFormationValidation: validate,
    // The lock file fixes the CDK's version, so every feature flag can be on, without a list in cdk.json.
    context: {
      ...recommendedFlags,
      // The local stack finds the bundles by it.
      'aws:cdk:enable-asset-metadata': true,
    },
    ...(outdir === undefined ? {} : { outdir }),
  });
}

/** Builds the app with its one stack. Nothing is written before `app.synth()`. */
export function buildApp(settings: Settings, options: BuildOptions = {}): { app: App; stack: BalancesStack } {
  const app = options.app ?? createApp({ validate: false });
  const stack = new BalancesStack(app, `mx-fresh-balances-${settings.stage}`, {
    settings,
    bundle: options.bundle ?? ((functionName) => bundle(functionName)),
  });
  return { app, stack };
}

/**
 * The settings in a CDK context: the object `settings` (from cdk.json), and over it each `-c name=value`.
 *
 * The CDK's own context names contain a colon, a slash, a hyphen or an at sign. A name of letters only is read as a
 * setting, so that a misspelt setting is refused instead of ignored.
 *
 * @throws SettingsError when `settings` is not an object.
 */
export function settingsInContext(context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { settings = {}, ...rest } = context;
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new SettingsError(['The context value settings must be an object such as {"stage": "dev"}.']);
  const words = Object.entries(rest).filter(([name]) => /^[A-Za-z]+$/.test(name));
  return { ...settings, ...Object.fromEntries(words) };
}

function main(): void {
  const app = createApp({ validate: true });
  try {
    const settings = readSettings(settingsInContext(app.node.getAllContext()));
    buildApp(settings, { app });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const fault of error.faults) console.error(fault);
    // exit() and not exitCode: when a process ends by itself, the CDK synthesizes the app, half-built as it is.
    process.exit(1);
  }
  app.synth();
}

if (import.meta.main) main();
