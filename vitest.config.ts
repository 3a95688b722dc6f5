import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { CALLS_FILE } from './test/permissions/record.ts';
import { PermissionsUsed } from './test/permissions/whole-run.ts';
import { awsCredentials, placeholders as env } from './test/placeholders.ts';

/** The projects with the longest files first: at the end no worker waits for another one's long file. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = ['local', 'browser', 'contract', 'simulation', 'settings', 'infra', 'unit'];
    const rank = ({ project }: TestSpecification): number => order.indexOf(project.name);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    // For two cores, as CI has them: tests of the local stack wait for most of their time.
    maxWorkers: 3,
    // `npm run permissions` names a file of its own, and looks into it itself.
    reporters: process.env[CALLS_FILE] === undefined ? ['default', new PermissionsUsed()] : ['default'],
    sequence: { sequencer: LongestFirst },
    // Only with `npm run coverage`. A floor, not an aim: what was measured when it was set, rounded down. The tests that
    // are too slow for it (the local stack, the simulation) run more: functions/sweep.ts is theirs.
    coverage: {
      provider: 'v8',
      include: ['shared/**/*.ts', 'functions/**/*.ts'],
      reporter: ['text'],
      thresholds: {
        'shared/**': { statements: 99, branches: 97, functions: 99, lines: 99 },
        'functions/**': { statements: 93, branches: 94, functions: 91, lines: 93 },
      },
    },
    // A project is a cost: unit does no I/O, contract meets one local engine, infra imports the CDK, settings does
    // both, local runs the stack. Files of a project share a process and what it has loaded: a new one for each file
    // would load the CDK forty times.
    projects: [
      // 20 s: the one that reads every file takes a second alone, and five of a machine that does other things.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false, testTimeout: 20_000, env } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          isolate: false,
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'settings',
          include: ['test/settings/**/*.test.ts'],
          isolate: false,
          testTimeout: 60_000,
          env: { ...env, ...awsCredentials },
        },
      },
      {
        test: {
          name: 'local',
          include: ['test/local/**/*.test.ts'],
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          isolate: false,
          testTimeout: 60_000,
          // The package's browser is unpacked once: seconds on a machine that does other things.
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          isolate: false,
          testTimeout: 180_000,
          env,
        },
      },
    ],
  },
});
