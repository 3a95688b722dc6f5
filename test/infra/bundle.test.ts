import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../infra/bundle.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'bundle-'));
const fixture = 'test/infra/fixtures/read-one-item.ts';
const code = (bundled: string): string => readFileSync(join(bundled, 'index.mjs'), 'utf8');

/** The files that a bundle was made of, as its source map says. */
function sourcesOf(bundled: string): readonly string[] {
  const map: { sources: string[] } = JSON.parse(readFileSync(join(bundled, '../index.mjs.map'), 'utf8'));
  return map.sources;
}

/** Runs the bundle's handler in a thread with nothing but this environment, as Lambda does. */
async function run(bundled: string, env: Record<string, string>): Promise<unknown> {
  const url = pathToFileURL(join(bundled, 'index.mjs')).href;
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     import(${JSON.stringify(url)}).then(({ handler }) => handler()).then(
       (result) => parentPort.postMessage({ result }),
       (error) => parentPort.postMessage({ error: error.message }));`,
    { eval: true, env },
  );
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  } finally {
    await worker.terminate();
  }
}

describe('a bundled function', () => {
  it('signs its calls with the credentials that Lambda gives it', async () => {
    const asked: IncomingHttpHeaders[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers);
      response.setHeader('content-type', 'application/x-amz-json-1.0').end('{"Item":{"id":{"S":"one"}}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const answer = await run(bundle('one', { entry: fixture, output: folder() }), {
        AWS_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
        AWS_ACCESS_KEY_ID: 'AKIDFROMLAMBDA',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_SESSION_TOKEN: 'session',
      });
      expect(answer).toEqual({ result: { id: { S: 'one' } } });
      expect(asked[0]?.authorization).toContain('Credential=AKIDFROMLAMBDA/');
      expect(asked[0]?.['x-amz-security-token']).toBe('session');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('says that it runs only in Lambda without credentials', async () => {
    const answer = await run(bundle('one', { entry: fixture, output: folder() }), {
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    });
    expect(answer).toEqual({ error: expect.stringContaining('this bundle runs only in Lambda') });
  });

  it("leaves out the SDK's credential providers and unused parts", () => {
    const bundled = bundle('one', { entry: fixture, output: folder() });
    expect(
      sourcesOf(bundled).filter((source) =>
        /credential-provider-|nested-clients|event-streams|endpoint-cache|mnemonist/.test(source),
      ),
    ).toEqual([]);
    expect(/import[^;]*from ?"(node:)?http"/.test(code(bundled))).toBe(false);
    expect(code(bundled).length).toBeLessThan(170_000);
  });

  it('is one file, the same bytes everywhere', () => {
    const first = bundle('one', { entry: fixture, output: folder() });
    const second = bundle('one', { entry: fixture, output: folder() });
    expect(readdirSync(first)).toEqual(['index.mjs']);
    expect(code(second) === code(first)).toBe(true);
  });

  it('has its source map beside it, not deployed', () => {
    const bundled = bundle('one', { entry: fixture, output: folder() });
    expect(code(bundled).includes('sourceMappingURL')).toBe(false);
    expect(sourcesOf(bundled)).toContainEqual(expect.stringContaining('read-one-item.ts'));
  });

  it('is built again only when a source has changed', () => {
    const sources = folder();
    const output = folder();
    writeFileSync(join(sources, 'inner.ts'), "export const word: string = 'first';\n");
    writeFileSync(
      join(sources, 'entry.ts'),
      "import { word } from './inner.ts';\nexport const handler = () => word;\n",
    );
    const build = () => bundle('two', { entry: join(sources, 'entry.ts'), output });
    const bundled = build();
    // A mark that a new build would wipe out.
    writeFileSync(join(bundled, 'index.mjs'), `${code(bundled)}//kept`);
    expect(code(build())).toContain('//kept');
    writeFileSync(join(sources, 'inner.ts'), "export const word: string = 'second';\n");
    expect(code(build())).toContain('second');
    expect(code(build())).not.toContain('//kept');
  });

  it('can hold a CommonJS package that requires what Node brings', async () => {
    const sources = folder();
    writeFileSync(join(sources, 'old.cjs'), "exports.separator = require('path').sep;\n");
    writeFileSync(
      join(sources, 'entry.ts'),
      "import old from './old.cjs';\nexport const handler = () => old.separator;\n",
    );
    expect(await run(bundle('old', { entry: join(sources, 'entry.ts'), output: folder() }), {})).toEqual({
      result: '/',
    });
  });

  it('is refused with the missing file’s name', () => {
    expect(() => bundle('nothing', { output: folder() })).toThrow(
      'cannot bundle nothing: there is no file functions/nothing.ts',
    );
  });
});
