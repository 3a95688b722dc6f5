/** The OpenAPI document as a page to read: Swagger UI, its style and the document in one file that loads nothing. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { openApiDocument } from './openapi-document.ts';

const require = createRequire(import.meta.url);

const style = (): string => readFileSync(require.resolve('swagger-ui-dist/swagger-ui.css'), 'utf8');
const viewer = (): string => readFileSync(require.resolve('swagger-ui-dist/swagger-ui-bundle.js'), 'utf8');

/** Allows what the file itself holds, and nothing else: the browser sends no request for any part of it. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** Text inside a script element ends at its first `</script`, in a string of the code too. */
const asScript = (code: string): string => code.replaceAll(/<\/(script)/gi, '<\\/$1');

/** `value` as JSON that no HTML parser takes for an end of the script. */
const asLiteral = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** How the page shows the document. It is for reading: it sends no requests, and asks no validator on the web. */
const options = { dom_id: '#reference', deepLinking: true, supportedSubmitMethods: [], validatorUrl: null };

/** The text of docs/api-reference.html. */
export function referencePage(): string {
  const spec = openApiDocument();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fresh bank balances from MX: the API</title>
<style>
${style()}
</style>
</head>
<body>
<div id="reference"></div>
<script>
${asScript(viewer())}
</script>
<script>
SwaggerUIBundle({ ...${asLiteral(options)}, spec: ${asLiteral(spec)} });
</script>
</body>
</html>
`;
}
