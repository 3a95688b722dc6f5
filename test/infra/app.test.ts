import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildApp, createApp, settingsInContext } from '../../infra/app.ts';
import { readSettings } from '../../infra/settings.ts';

const root = resolve(import.meta.dirname, '../..');
const fixture = (): string => join(root, 'test/infra/fixtures');

/** `infra/app.ts` as the CDK's command line runs it. */
const runApp = (context: Record<string, unknown>) =>
  spawnSync(process.execPath, ['infra/app.ts'], {
    cwd: root,
    env: { PATH: process.env['PATH'], CDK_CONTEXT_JSON: JSON.stringify(context) },
    encoding: 'utf8',
  });

describe('the app', () => {
  it("passes CloudFormation's own schemas and rules", () => {
    const outdir = mkdtempSync(join(tmpdir(), 'cdk-out-'));
    const everything = readSettings({ egressZones: 2, apiAccess: 'basic', alarmEmail: 'ops@example.com' });
    const { app, stack } = buildApp(everything, { app: createApp({ outdir, validate: true }), bundle: fixture });
    // Throws when a rule is broken.
    app.synth();
    expect(readdirSync(outdir)).toContain(`${stack.stackName}.template.json`);
  });

  it('knows no account or region: synthesizes without AWS', () => {
    const { app, stack } = buildApp(readSettings({}), { bundle: fixture });
    expect(app.synth().getStackArtifact(stack.artifactId).environment).toMatchObject({
      account: 'unknown-account',
      region: 'unknown-region',
    });
  });

  it('tells the local stack where each bundle is', () => {
    const { app, stack } = buildApp(readSettings({}), { bundle: fixture });
    const assembly = app.synth();
    const template: { Resources: Record<string, { Type: string; Metadata?: Record<string, string> }> } =
      assembly.getStackArtifact(stack.artifactId).template;
    for (const { Type, Metadata } of Object.values(template.Resources))
      if (Type === 'AWS::Lambda::Function')
        expect(readdirSync(join(assembly.directory, Metadata?.['aws:asset:path'] ?? ''))).toContain('read-one-item.ts');
  });

  it('names the stack after its stage', () => {
    expect(buildApp(readSettings({ stage: 'prod' }), { bundle: fixture }).stack.stackName).toBe(
      'mx-fresh-balances-prod',
    );
  });
});

describe('settings on the command line', () => {
  it('win over those in cdk.json', () => {
    expect(settingsInContext({ settings: { stage: 'dev', graceLooks: 4 }, stage: 'prod' })).toEqual({
      stage: 'prod',
      graceLooks: 4,
    });
  });

  it("differ from the CDK's context, not from misspelt settings", () => {
    const context = { 'aws:cdk:x': 1, '@aws-cdk/core:y': true, 'availability-zones:account=1': [], stag: 'prod' };
    expect(settingsInContext(context)).toEqual({ stag: 'prod' });
  });

  it('stop the synthesis with a sentence each, and nothing else', () => {
    const { status, stdout, stderr } = runApp({ settings: { deadlineSecond: 20 }, apiAccess: 'open' });
    expect(stderr.split('\n').filter((line) => line !== '')).toEqual([
      'There is no setting deadlineSecond. Did you mean deadlineSeconds?',
      'apiAccess must be iam or basic; it is "open".',
    ]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  it('must be an object in cdk.json', () => {
    expect(runApp({ settings: 'stage=prod' })).toMatchObject({
      status: 1,
      stderr: 'The context value settings must be an object such as {"stage": "dev"}.\n',
    });
  });
});
