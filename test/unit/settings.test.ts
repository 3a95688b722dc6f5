import { describe, expect, it } from 'vitest';
import { settings } from '../../infra/setting-table.ts';
import { firstLookSeconds, readSettings, SettingsError, tagsOf } from '../../infra/settings.ts';

/** The faults of settings that cannot be used. */
function faultsOf(input: Record<string, unknown>): readonly string[] {
  try {
    readSettings(input);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('have defaults that fit together', () => {
    const defaults = Object.entries(settings).map(([name, setting]) => [name, setting.default]);
    expect(readSettings({})).toEqual(Object.fromEntries(defaults));
  });

  it('are the same from a command line as from JSON', () => {
    const values = {
      deadlineSeconds: 900,
      fixedEgress: false,
      apiAccess: 'basic',
      stage: 'prod',
      logRetentionDays: 90,
    };
    const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    expect(readSettings(texts)).toEqual(readSettings(values));
    expect(readSettings(texts)).toMatchObject(values);
  });

  it('are explained, with a unit, in whole sentences', () => {
    for (const [name, { unit, explanation }] of Object.entries(settings)) {
      expect(unit, name).not.toBe('');
      expect(explanation, name).toMatch(/^[A-Za-z].+\.$/);
    }
  });

  it.each([
    ['deadlineSecond', 'Did you mean deadlineSeconds?'],
    ['MXBASEURL', 'Did you mean mxBaseUrl?'],
    ['loggRetentionDays', 'Did you mean logRetentionDays?'],
    ['colour', 'See docs/settings.md for all names.'],
    ['toString', 'See docs/settings.md for all names.'],
  ])('that do not exist are refused: %s', (name, advice) => {
    expect(faultsOf({ [name]: '1' })).toEqual([`There is no setting ${name}. ${advice}`]);
  });

  it.each([
    ['deadlineSeconds', 29],
    ['deadlineSeconds', 86_401],
    ['deadlineSeconds', 60.5],
    ['deadlineSeconds', '10 minutes'],
    ['deadlineSeconds', ''],
    ['deadlineSeconds', ' '],
    ['deadlineSeconds', null],
    ['deadlineSeconds', true],
    ['deadlineSeconds', Number.NaN],
    ['graceLooks', '-1'],
    ['graceLooks', '0x10'],
    ['followUpConcurrency', 1],
    ['defaultScheduleHours', 5],
    ['logRetentionDays', 31],
    ['fixedEgress', 1],
    ['fixedEgress', 'yes'],
    ['apiAccess', 'IAM'],
    ['stage', 'Prod'],
    ['stage', '1st'],
    ['stage', ['dev']],
    ['mxAcceptVersion', '20250224'],
    ['alarmEmail', 'nobody'],
    ['mxBaseUrl', 'api.mx.com'],
    ['webhooks', 'on'],
    ['callbackHosts', 'https://hooks.example.com'],
    ['callbackHosts', '*.example.com'],
    ['callbackHosts', '10.0.0.1'],
    ['callbackHosts', 'localhost'],
    ['callbackHosts', 'hooks.example.com;other.example.com'],
    ['corsOrigins', '*'],
    ['corsOrigins', 'https://*.example.com'],
    ['corsOrigins', 'http://app.example.com'],
    ['corsOrigins', 'https://app.example.com/'],
    ['corsOrigins', 'https://App.example.com'],
    ['corsOrigins', 'https://user@app.example.com'],
    ['corsOrigins', 'https://app.example.com,'],
    ['corsOrigins', ['https://app.example.com']],
    ['mxBaseUrl', 'ftp://api.mx.com'],
    ['mxBaseUrl', 'http://api.mx.com'],
    ['mxBaseUrl', 'http://localhost.example.com'],
    ['mxBaseUrl', 'http://127.0.0.1.example.com'],
    ['mxBaseUrl', 'https://api.mx.com/v1'],
    ['mxBaseUrl', 'https://api.mx.com?x=1'],
    ['vpcId', 'my-vpc'],
    ['vpcId', 'vpc-0a1b2c3d,vpc-0a1b2c3e'],
    ['subnetIds', 'subnet-0a1b2c3d;subnet-0a1b2c3e'],
    ['subnetIds', 'subnet-0a1b2c3d,'],
    ['subnetIds', 'sg-0a1b2c3d'],
    ['securityGroupIds', 'default'],
    ['keyArn', 'alias/fresh-balances'],
    ['keyArn', 'arn:aws:kms:us-east-1:123456789012:alias/fresh-balances'],
    ['keyArn', '0a1b2c3d-4e5f-6789-0abc-def012345678'],
    ['permissionsBoundaryArn', 'boundary'],
    ['permissionsBoundaryArn', 'arn:aws:iam::123456789012:role/boundary'],
    ['alarmTopicArn', 'alarms'],
    ['alarmTopicArn', 'arn:aws:sqs:us-east-1:123456789012:alarms'],
    ['alarmTopicArn', 'arn:aws:sns:us-east-1:123456789012:alarms:0a1b2c3d'],
    ['pagerTopicArn', 'pager'],
    ['runbookUrl', 'http://git.example.com/runbook.md'],
    ['runbookUrl', 'docs/runbook.md'],
    ['runbookUrl', 'https://git.example.com/runbook.md#top'],
    ['runbookUrl', 'https://user:key@git.example.com/runbook.md'],
    ['runbookUrl', 'https://git.example.com/run book.md'],
    ['runbookUrl', `https://git.example.com/${'r'.repeat(477)}`],
    ['runbookUrl', 'https://'],
    ['alarmSuccessPercent', 101],
    ['alarmMinEnds', 0],
    ['alarmLateSeconds', 900],
    ['tags', 'payments'],
    ['tags', '=payments'],
    ['tags', 'team=a;owner=b'],
    ['tags', 'team=a,team=b'],
    ['tags', 'aws:team=a'],
    ['tags', `${'n'.repeat(129)}=a`],
    ['tags', `team=${'v'.repeat(257)}`],
    ['tags', Array.from({ length: 41 }, (_, index) => `tag${index}=a`).join(',')],
    ['tags', { team: 'payments' }],
  ])('refused with what may be written: %s = %j', (name, value) => {
    const [fault, ...others] = faultsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(fault).toMatch(new RegExp(`^${name} must be .+; it is .+\\.$`));
  });

  it.each([
    ['deadlineSeconds', 30, 86_400],
    ['firstLookSeconds', 0, 900],
    ['firstLookWithWebhooksSeconds', 0, 300],
    ['minLookGapSeconds', 1, 900],
    ['maxLookGapSeconds', 1, 900],
    ['graceSeconds', 1, 900],
    ['graceLooks', 1, 100],
    ['allowanceStarts', 1, 100],
    ['allowanceStartsPerCaller', 1, 100],
    ['allowanceWindowSeconds', 60, 86_400],
    ['staleAfterSeconds', 60, 31_536_000],
    ['refreshRetentionDays', 1, 3650],
    ['scheduleChangesPerCaller', 1, 10_000_000],
    ['startsPerSecond', 1, 600],
    ['scheduleShards', 1, 64],
    ['callbacksPerCaller', 1, 100],
    ['egressZones', 1, 2],
    ['apiRate', 1, 10_000],
    ['apiBurst', 1, 5000],
    ['webhookRate', 1, 10_000],
    ['webhookBurst', 1, 5000],
    ['waitersAtOnce', 0, 1000],
    ['triggerConcurrency', 0, 1000],
    ['followUpConcurrency', 2, 1000],
    ['startConcurrency', 2, 1000],
  ])('take whole numbers: %s from %i to %i', (name, least, most) => {
    // Those that do not fit together are refused in another sentence.
    const outOfRange = (value: number) => faultsOf({ [name]: value }).filter((fault) => fault.includes('whole number'));
    expect([least, most].flatMap(outOfRange)).toEqual([]);
    const refused = [least - 1, most + 1].flatMap(outOfRange);
    expect(refused).toEqual([
      `${name} must be a whole number from ${least} to ${most}; it is ${least - 1}.`,
      `${name} must be a whole number from ${least} to ${most}; it is ${most + 1}.`,
    ]);
  });

  it('has a stage of 20 letters at most', () => {
    expect(readSettings({ stage: 'a'.repeat(20) }).stage).toBe('a'.repeat(20));
    expect(faultsOf({ stage: 'a'.repeat(21) })).toHaveLength(1);
  });

  it('never repeat a password in a fault', () => {
    expect(faultsOf({ mxBaseUrl: 'https://user:hunter2@api.mx.com' }).join()).not.toContain('hunter2');
  });

  it.each([
    ['https://api.mx.com/', 'https://api.mx.com'],
    ['HTTPS://API.MX.COM', 'https://api.mx.com'],
    ['http://127.0.0.1:4001', 'http://127.0.0.1:4001'],
    ['http://localhost:4001/', 'http://localhost:4001'],
    ['http://[::1]:4001', 'http://[::1]:4001'],
  ])('tidy the address of MX: %s', (written, read) => {
    expect(readSettings({ mxBaseUrl: written }).mxBaseUrl).toBe(read);
  });

  it.each([
    ['Hooks.Example.com', 'hooks.example.com'],
    [' a.example.com , b.example.com:8443,a.example.com:443, ', 'a.example.com,b.example.com:8443'],
    ['', ''],
  ])('tidy the hosts of callbacks: %s', (written, read) => {
    expect(readSettings({ callbackHosts: written }).callbackHosts).toBe(read);
  });

  it.each([
    [' team = payments ,x=y=z', { team: 'payments', x: 'y=z' }],
    ['owner=Zoë Müller', { owner: 'Zoë Müller' }],
    ['empty=', { empty: '' }],
    ['', {}],
  ])('have tags by name: %j', (written, tags) => {
    expect(tagsOf(readSettings({ tags: written }))).toEqual(tags);
  });

  it('tidy ids that are written twice', () => {
    expect(
      readSettings({ vpcId: 'vpc-0a1b2c3d', subnetIds: 'subnet-0a1b2c3d, subnet-0a1b2c3d', fixedEgress: false }),
    ).toMatchObject({ subnetIds: 'subnet-0a1b2c3d' });
  });

  it('look later when MX sends webhooks', () => {
    expect(firstLookSeconds(readSettings({}))).toBe(5);
    expect(firstLookSeconds(readSettings({ webhooks: 'known' }))).toBe(20);
    expect(firstLookSeconds(readSettings({ webhooks: 'all', firstLookWithWebhooksSeconds: 45 }))).toBe(45);
  });

  it('report every fault at once', () => {
    expect(faultsOf({ grace: 1, graceLooks: 0, stage: '' })).toHaveLength(3);
  });

  it.each([
    [
      { deadlineSeconds: 40, firstLookSeconds: 40, graceSeconds: 30 },
      'deadlineSeconds (40) must be more than firstLook',
    ],
    [
      { webhooks: 'known', deadlineSeconds: 40, firstLookWithWebhooksSeconds: 40 },
      'deadlineSeconds (40) must be more than firstLookWithWebhooksSeconds (40)',
    ],
    [{ callbackLoopback: true }, 'callbackLoopback must be false unless mxBaseUrl is on this machine'],
    [{ deadlineSeconds: 30 }, 'deadlineSeconds (30) must be more than graceSeconds (30)'],
    [{ minLookGapSeconds: 61 }, 'maxLookGapSeconds (60) must not be less than minLookGapSeconds (61)'],
    [{ minLookGapSeconds: 2 }, 'minLookGapSeconds (2) must be 3 or more for https://int-api.mx.com'],
    [{ allowanceStarts: 6, mxBaseUrl: 'https://api.mx.com' }, 'allowanceStarts (6) in allowanceWindowSeconds (7200)'],
    [
      { allowanceWindowSeconds: 3600, mxBaseUrl: 'https://api.mx.com' },
      'allowanceStarts (5) in allowanceWindowSeconds',
    ],
    [{ deadlineSeconds: 40, graceSeconds: 40 }, 'deadlineSeconds (40) must be more than graceSeconds (40)'],
    [{ defaultScheduleHours: 4, minScheduleHours: 6 }, 'defaultScheduleHours (4) must be 0 or not less than'],
    [{ startsPerSecond: 321 }, 'startsPerSecond (321) must be 320 or less without webhooks'],
    [{ vpcId: 'vpc-0a1b2c3d', fixedEgress: false }, 'vpcId and subnetIds must be written both or neither'],
    [{ subnetIds: 'subnet-0a1b2c3d' }, 'vpcId and subnetIds must be written both or neither'],
    [{ securityGroupIds: 'sg-0a1b2c3d' }, 'securityGroupIds must be empty without vpcId'],
    [{ vpcId: 'vpc-0a1b2c3d', subnetIds: 'subnet-0a1b2c3d' }, 'fixedEgress must be false with vpcId'],
    [{ flowLogs: true, fixedEgress: false }, 'flowLogs must be false without fixedEgress'],
    [
      { alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:alarms', alarmEmail: 'ops@example.com' },
      'alarmEmail must be empty with alarmTopicArn',
    ],
  ])('that do not fit together are refused: %j', (input, beginning) => {
    const faults = faultsOf(input);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(beginning);
  });

  it.each([
    { deadlineSeconds: 41, firstLookSeconds: 40 },
    { deadlineSeconds: 41, graceSeconds: 40 },
    { minLookGapSeconds: 60, maxLookGapSeconds: 60 },
    { minLookGapSeconds: 3 },
    { allowanceStarts: 5, allowanceWindowSeconds: 7200, mxBaseUrl: 'https://api.mx.com' },
    { allowanceStarts: 10, allowanceWindowSeconds: 14_400, mxBaseUrl: 'https://api.mx.com' },
    { defaultScheduleHours: 6, minScheduleHours: 6 },
    { startsPerSecond: 320 },
    { startsPerSecond: 600, webhooks: 'known' },
    { deadlineSeconds: 86_400, refreshRetentionDays: 1 },
    { vpcId: 'vpc-0a1b2c3d', subnetIds: 'subnet-0a1b2c3d', securityGroupIds: 'sg-0a1b2c3d', fixedEgress: false },
    { flowLogs: true },
    { runbookUrl: `https://git.example.com/${'r'.repeat(476)}` },
    { runbookUrl: 'https://git.example.com/item?path=/docs/runbook.md' },
    { alarmTopicArn: 'arn:aws-us-gov:sns:us-gov-west-1:123456789012:alarms' },
  ])('that just fit together are taken: %j', (input) => {
    expect(readSettings(input)).toMatchObject(input);
  });

  it("leave MX's limits alone for an MX on this machine", () => {
    const local = { mxBaseUrl: 'http://127.0.0.1:4001', minLookGapSeconds: 1, allowanceStarts: 50 };
    expect(readSettings(local)).toMatchObject(local);
  });
});
