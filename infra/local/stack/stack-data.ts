/** Where a stack keeps what outlasts its process. */
export interface StackData {
  /** The path of a directory for an engine's own files. The engine makes it. */
  readonly directory: (name: string) => string;
  /** What was written last under this name; undefined: nothing yet. */
  readonly read: (name: string) => Uint8Array | undefined;
  /** Has been kept when it returns. */
  readonly write: (name: string, value: Uint8Array) => void;
}
