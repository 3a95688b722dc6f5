/**
 * The browser of the tests: an installed Chrome or Chromium, or the one that a package brings along. Where none can be
 * started, the tests say so and are skipped; with CI=true they fail instead.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import packageJson from '../../package.json' with { type: 'json' };

/** Never the package's own list: it switches web security off, and crashes with a second context. */
const ARGUMENTS = ['--no-sandbox', '--headless=shell'];

/** Of the package's browser too. */
const VERSION = packageJson.devDependencies['@sparticuz/chromium'];

/** Where Linux and macOS have one. */
const INSTALLED = [
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A browser, or why there is none. */
export type Found = { readonly browser: Browser } | { readonly missing: string };

/** Starts one: that of `CHROME_PATH`, an installed one, or the package's. */
export async function startBrowser(environment: NodeJS.ProcessEnv = process.env): Promise<Found> {
  const given = environment['CHROME_PATH'];
  try {
    const installed = given ?? INSTALLED.find((path) => existsSync(path));
    if (installed !== undefined)
      return { browser: await chromium.launch({ executablePath: installed, args: ARGUMENTS }) };
    const folder = await unpacked();
    // The package has a font, for machines without any.
    const env = { ...process.env, FONTCONFIG_PATH: join(folder, 'fonts') };
    const browser = await chromium.launch({ executablePath: join(folder, 'chromium'), args: ARGUMENTS, env });
    const [major] = VERSION.split('.');
    if (browser.version().split('.')[0] === major) return { browser };
    await browser.close();
    throw new Error(`${folder} has another version than ${VERSION}: delete it`);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    if (given !== undefined || isWanted(environment)) {
      throw new Error(`The browser tests have to run, and no browser could be started: ${reason}`, { cause: error });
    }
    return { missing: `no browser could be started (${reason}); CHROME_PATH names one` };
  }
}

/** Whether tests fail without a browser. */
const isWanted = ({ CI }: NodeJS.ProcessEnv): boolean => CI !== undefined && CI !== '' && CI !== 'false';

/**
 * The package's browser, unpacked once into a folder of its version: one that another version has left in the system's
 * temporary folder would be used instead.
 */
async function unpacked(): Promise<string> {
  const folder = join(tmpdir(), `mx-fresh-balances-chromium-${VERSION}`);
  if (existsSync(folder)) return folder;
  const { default: bundled } = await import('@sparticuz/chromium');
  const unpacking = `${folder}-${process.pid}`;
  mkdirSync(unpacking, { recursive: true });
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = unpacking;
  try {
    await bundled.executablePath();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  writeFileSync(join(unpacking, 'fonts/fonts.conf'), fontsConf(folder));
  try {
    renameSync(unpacking, folder);
  } catch {
    // Another run was faster.
    rmSync(unpacking, { recursive: true, force: true });
  }
  return folder;
}

/** The package's own names folders of AWS Lambda. */
const fontsConf = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>
`;
