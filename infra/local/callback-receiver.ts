/**
 * `npm run callback-receiver`: prints callbacks whose signatures are good, and refuses the others. A receiver of your
 * own needs no more than this (docs/callbacks.md).
 */
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const { CALLBACK_SECRET: secret = '', CALLBACK_PORT: port = '4020' } = process.env;
if (secret === '' || !/^\d{1,5}$/.test(port)) {
  console.error('Usage: CALLBACK_SECRET=whsec_… [CALLBACK_PORT=4020] npm run callback-receiver');
  process.exit(1);
}
const webhook = new Webhook(secret);
/** Delivery is at least once: a callback with an id seen before is a repetition. */
const seen = new Set<string>();

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  // The signature covers these bytes; JSON parsed and written again may have others.
  const body = Buffer.concat(chunks).toString('utf8');
  const {
    'webhook-id': id = '',
    'webhook-timestamp': time = '',
    'webhook-signature': signature = '',
  } = request.headers;
  try {
    const event = webhook.verify(body, {
      'webhook-id': String(id),
      'webhook-timestamp': String(time),
      'webhook-signature': String(signature),
    });
    console.log(seen.has(String(id)) ? `\nAgain, ${id}:` : `\nVerified, ${id}:`);
    console.log(JSON.stringify(event, null, 2));
    seen.add(String(id));
    response.writeHead(204).end();
  } catch (error) {
    console.log(`\nRefused: ${error instanceof Error ? error.message : error}`);
    response.writeHead(400).end();
  }
});

server.on('error', (error) => {
  console.error(`The receiver cannot listen on port ${port}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`Waiting for callbacks at http://localhost:${port}/`));
