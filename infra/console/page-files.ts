/** The page's files, made by esbuild when the console starts: users have no build step. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

const folder = join(import.meta.dirname, 'page');

let made: ReadonlyMap<string, PageFile> | undefined;

/** The page's files by path, made once in a process. @throws esbuild's error, with its messages, for code that cannot be bundled. */
export function pageFiles(): ReadonlyMap<string, PageFile> {
  made ??= makeFiles();
  return made;
}

function makeFiles(): ReadonlyMap<string, PageFile> {
  const { outputFiles } = buildSync({
    absWorkingDir: folder,
    entryPoints: { console: 'app.ts', style: 'console.css' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    outdir: folder,
    write: false,
    logLevel: 'silent',
  });
  const files = new Map<string, PageFile>([
    ['/', { type: 'text/html; charset=utf-8', text: readFileSync(join(folder, 'page.html'), 'utf8') }],
  ]);
  for (const { path, text } of outputFiles) {
    const isStyle = path.endsWith('.css');
    const type = isStyle ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
    files.set(isStyle ? '/console.css' : '/console.js', { type, text });
  }
  return files;
}
