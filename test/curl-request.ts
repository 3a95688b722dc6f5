/** Lines of documents that call curl, as requests: not every machine has curl. */
import { parseArgs } from 'node:util';

/** What curl would send. */
interface CurlRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The lines of a document that begin with `curl `, in their order. */
export const curlLines = (document: string): readonly string[] =>
  document.split('\n').filter((line) => line.startsWith('curl '));

/** The request of one line. `replaced` fills in what the document leaves to its reader, such as `$API`. */
export function curlRequest(line: string, replaced: Readonly<Record<string, string>>): CurlRequest {
  // A word may be made of quoted and plain parts: 'a'$B'c'.
  const words = [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"]+)+/g)]
    .map(([word]) =>
      word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
    )
    .map((word) => Object.entries(replaced).reduce((text, [name, value]) => text.replace(name, value), word));
  const { values, positionals } = parseArgs({
    args: words.slice(1),
    allowPositionals: true,
    options: {
      silent: { type: 'boolean', short: 's' },
      user: { type: 'string', short: 'u' },
      request: { type: 'string', short: 'X' },
      header: { type: 'string', short: 'H', multiple: true, default: [] },
      data: { type: 'string', short: 'd' },
    },
  });
  const [url = ''] = positionals;
  return {
    url,
    method: values.request ?? (values.data === undefined ? 'GET' : 'POST'),
    headers: {
      ...Object.fromEntries(values.header.map((header) => header.split(': ') as [string, string])),
      ...(values.user === undefined ? {} : { authorization: `Basic ${Buffer.from(values.user).toString('base64')}` }),
    },
    ...(values.data === undefined ? {} : { body: values.data }),
  };
}
