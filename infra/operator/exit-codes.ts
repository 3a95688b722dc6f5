/** How the operator's command ends. Documented in docs/operator.md. */

/** The exit codes. */
export const exitCodes = {
  done: 0,
  /** Done, but some lines or members were left out; each was named. */
  inPart: 1,
  /** The command line or the file is wrong. Nothing was changed. */
  usage: 2,
  /** The deployment was not found or not reached: stack, region, credentials, permissions, network. */
  unreachable: 3,
  /** An error in the middle. What was done until then is said. */
  failed: 4,
  /** A yes is needed, and there is no terminal to ask at, or the answer was no. Nothing was changed. */
  unconfirmed: 5,
  /** `doctor` has found a part that is wrong. */
  unwell: 6,
  /** Ctrl-C, as shells number it. What was done until then is said. */
  interrupted: 130,
  /** The reader of the output, such as `head`, has closed it; as shells number it. */
  outputClosed: 141,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command with a sentence. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.exitCode = exitCode;
  }
}
