/** Lines of documents that call the AWS CLI, as calls of AWS: not every machine has it. */

/** What the AWS CLI would call, and what it would write. */
interface AwsLine {
  /** `secretsmanager` */
  readonly service: string;
  /** `PutSecretValue` */
  readonly action: string;
  readonly input: Readonly<Record<string, string>>;
  /** The one field of the answer that is written (`--query`, `--output text`); null: all of it. */
  readonly written: string | null;
  /** The file that it is written to; null: the output. */
  readonly file: string | null;
}

/**
 * The call of one line. `outputs` fills in `$(output Name)`, `files` what stands in a file (`file://name`).
 *
 * @throws Error when the line has something else for the shell to fill in, or names what is not there
 */
export function awsLine(
  line: string,
  outputs: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
): AwsLine {
  const [command = '', file = null] = line.split(' > ');
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) =>
    filledIn(double ?? single ?? plain ?? '', outputs, files),
  );
  const [aws, service = '', action = '', ...options] = words;
  if (aws !== 'aws' || options.length % 2 !== 0) throw new Error(`no line of the AWS CLI: ${line}`);
  const given: Record<string, string> = {};
  for (let at = 0; at < options.length; at += 2) {
    given[pascal((options[at] ?? '').replace('--', ''))] = options[at + 1] ?? '';
  }
  const { Query: written = null, Output: _, ...input } = given;
  return { service, action: pascal(action), input, written, file };
}

const pascal = (kebab: string): string => kebab.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

function filledIn(
  word: string,
  outputs: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
): string {
  const [, output] = /^\$\(output (\w+)\)$/.exec(word) ?? [];
  const [, file] = /^file:\/\/(.+)$/.exec(word) ?? [];
  const value = output === undefined ? (file === undefined ? word : files[file]) : outputs[output];
  if (value === undefined || value.includes('$')) throw new Error(`${word} is not known`);
  return value;
}
