/** AWS's query protocol: a form goes in, XML comes out. */

/** What goes into an element. A list becomes `<member>` elements; undefined leaves the element out. */
export type Xml = string | number | boolean | readonly Xml[] | { readonly [name: string]: Xml | undefined };

interface QueryAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const headers = { 'content-type': 'text/xml' };
/** Nothing here is looked up by its request id. */
const REQUEST_ID = '00000000-0000-0000-0000-000000000000';

/** The answer to one action, as `<ActionResponse><ActionResult>…`. */
export const queryAnswer = (action: string, namespace: string, result: Readonly<Record<string, Xml>>): QueryAnswer => ({
  status: 200,
  headers,
  body: `<${action}Response xmlns="${namespace}">${element(`${action}Result`, result)}${element('ResponseMetadata', {
    RequestId: REQUEST_ID,
  })}</${action}Response>`,
});

/** An error of the query protocol; the SDK throws it under the name `code`. */
export const queryError = (code: string, message: string, status = 400): QueryAnswer => ({
  status,
  headers,
  body: element('ErrorResponse', {
    Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
    RequestId: REQUEST_ID,
  }),
});

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function element(name: string, content: Xml): string {
  return `<${name}>${inner(content)}</${name}>`;
}

function inner(content: Xml): string {
  if (isList(content)) return content.map((member) => element('member', member)).join('');
  if (typeof content !== 'object') return String(content).replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign);
  return Object.entries(content)
    .map(([name, value]) => (value === undefined ? '' : element(name, value)))
    .join('');
}

const isList = (content: Xml): content is readonly Xml[] => Array.isArray(content);
