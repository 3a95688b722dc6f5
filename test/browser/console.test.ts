/**
 * The console's page in a browser, against the running local stack. One stack and one browser for all cases, which run side by
 * side: a refresh is waited for by most of them.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { startBrowser } from './browser.ts';
import { casesIn, type Stage, startStage } from './cases.ts';
import { hostileCases } from './hostile-cases.ts';
import { lookCases } from './look-cases.ts';
import { memberCases } from './member-cases.ts';
import { overviewCases } from './overview-cases.ts';
import { safetyCases } from './safety-cases.ts';
import { troubleCases, troubleCasesByThemselves } from './trouble-cases.ts';
import { tryCases, tryCasesByThemselves } from './try-cases.ts';

const found = await startBrowser();
if ('missing' in found) console.warn(`The tests of the page are skipped: ${found.missing}.`);
const browser = 'browser' in found ? found.browser : (null as unknown as Browser);

describe.skipIf('missing' in found)('the page', () => {
  let stage: Promise<Stage>;
  const cases = casesIn(browser, () => stage);

  beforeAll(() => {
    // Not waited for: the cases that need no stack begin meanwhile.
    stage = startStage();
    stage.catch(() => {});
  });
  afterAll(async () => {
    await browser?.close();
    await (await stage)?.close();
  });

  hostileCases(cases);
  tryCases(cases);
  memberCases(cases);
  lookCases(cases);
  troubleCases(cases);
  overviewCases(cases);
  safetyCases(cases);
  tryCasesByThemselves(cases);
  troubleCasesByThemselves(cases);
});
