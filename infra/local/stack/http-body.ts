import type { IncomingMessage } from 'node:http';

/** What became of a request's body: all of it, more than allowed, or the client went away. */
export type Body = Buffer | 'too-large' | 'aborted';

/**
 * Reads a whole body; an aborted upload is a value of its own. Never rejects.
 *
 * @param limit in bytes. A longer body is read to its end and thrown away: a client whose upload is cut off would see a
 * broken connection instead of the answer
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () => resolve(size > limit ? 'too-large' : Buffer.concat(chunks, size)));
    request.on('error', () => resolve('aborted'));
    request.on('close', () => resolve('aborted'));
  });
}
