/** `npm run screenshots`: pictures of the page for the README, of the running local stack. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startConsole } from '../../infra/console/start-console.ts';
import { findDeployment } from '../../infra/operator/deployment.ts';
import { type Running, startRunning } from '../local/running.ts';
import { startBrowser } from './browser.ts';

const folder = join(import.meta.dirname, '../../docs/images');

/** A picture that loads quickly where the README is read. */
const MOST_BYTES = 150_000;

const USER = 'user-1';
const path = (member: string): string => `/users/${USER}/members/${member}`;

/** What is seen on the pictures: banks that work and one that does not, members that wait, one whose refresh runs. */
async function play(running: Running): Promise<void> {
  const { mx } = running;
  const balances = ['1830.55', '2109.02', '1967.40', '2456.18'];
  for (const balance of balances) {
    mx.setBalances({ member: 'member-ok', account: checking(running), values: { balance }, when: 'next-success' });
    await running.refresh(path('member-ok'));
  }
  for (const member of ['member-denied', 'member-locked', 'member-moving', 'member-repaired', 'member-instant']) {
    await running.refresh(path(member));
  }
  mx.setJobSeconds({ member: 'member-slow', seconds: 120 });
  await running.call('POST', `${path('member-slow')}/check_balance`);
  await running.call('PUT', `${path('member-ok')}/schedule`, {
    headers: { 'content-type': 'application/json' },
    body: '{"every":24}',
  });
}

/** The first account of `member-ok`. */
function checking({ mx }: Running): string {
  const [account] = mx.member({ member: 'member-ok' }).accounts;
  if (account === undefined) throw new Error('member-ok has no account');
  return account.guid;
}

async function shoot(page: Page, name: string): Promise<void> {
  const file = join(folder, name);
  await page.screenshot({ path: file });
  const { size } = statSync(file);
  console.log(`docs/images/${name}: ${size} bytes`);
  if (size > MOST_BYTES) throw new Error(`${name} has more than ${MOST_BYTES} bytes`);
}

async function picture(browser: Browser, running: Running): Promise<void> {
  const { awsEndpointUrl } = running.project.stack;
  const deployment = await findDeployment({ local: true }, { AWS_ENDPOINT_URL: awsEndpointUrl });
  const served = await startConsole({ deployment, port: 0, caller: null, failed: console.error });
  try {
    const page = await browser.newPage({
      locale: 'en-US',
      timezoneId: 'UTC',
      viewport: { width: 1180, height: 900 },
      colorScheme: 'light',
    });
    await page.goto(served.address);
    await page.getByText('MX has shown the job').waitFor();
    await page.getByRole('table', { name: 'Institutions' }).waitFor();
    await page.getByText('called with').waitFor();
    await page.getByText('by quarter of an hour').waitFor();
    await shoot(page, 'console-overview.png');
    await page.evaluate(`location.hash = '#/member/${USER}/member-ok'`);
    await page.getByRole('button', { name: 'Show amounts' }).click();
    await page.getByText('2456.18 USD').first().waitFor();
    await page.locator('.line canvas').waitFor();
    await shoot(page, 'console-member.png');
    await page.evaluate(`location.hash = '#/try'`);
    await page.getByRole('button', { name: 'A bank that refuses the password' }).click();
    await page.getByText('The newest refresh ended as action required').waitFor();
    await page.evaluate('scrollTo(0, 0)');
    await shoot(page, 'console-try.png');
  } finally {
    await served.close();
  }
}

const found = await startBrowser({ ...process.env, CI: 'true' });
if ('missing' in found) throw new Error(found.missing);
const stack = await startRunning({
  learning: true,
  lookLagMilliseconds: 100,
  historyDays: 90,
  allowanceStarts: 20,
  deadlineSeconds: 600,
});
try {
  await play(stack);
  await picture(found.browser, stack);
} finally {
  await found.browser.close();
  await stack.close();
}
