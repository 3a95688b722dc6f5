import { createHash, createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack/local-stack.ts';
import type { Observations } from '../../../infra/local/stack/observations.ts';
import { startBarrier } from './fixtures/barrier.ts';
import { api, kitFunction, route, startResources, table } from './fixtures/template.ts';

const environment = {
  Environment: { Variables: { TABLE: { Ref: 'Members0A1B2C3D' }, QUEUE_URL: { Ref: 'Jobs' } } },
};
const resources = {
  Members0A1B2C3D: table,
  Jobs: { Type: 'AWS::SQS::Queue' },
  ...api,
  Echo: kitFunction('echo'),
  Answers: kitFunction('answers'),
  Fails: kitFunction('fails', { Timeout: 1 }),
  Waits: kitFunction('waits'),
  Accepts: kitFunction('accepts', environment),
  Consumes: kitFunction('consumes', environment),
  Reads: kitFunction('readsItem', environment),
  Authorizes: kitFunction('authorizes'),
  JobsSource: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] }, FunctionName: { Ref: 'Consumes' }, BatchSize: 10 },
  },
  Authorizer: {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      ApiId: { Ref: 'Api' },
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerUri: {
        'Fn::Join': [
          '',
          [
            'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/',
            { 'Fn::GetAtt': ['Authorizes', 'Arn'] },
            '/invocations',
          ],
        ],
      },
    },
  },
  ...route('Echo', 'ANY /echo/{proxy+}', 'Echo'),
  ...route('EchoUser', 'GET /echo/users/{user_identifier}', 'Echo'),
  ...route('Answers', 'POST /answers', 'Answers'),
  ...route('Fails', 'GET /fails', 'Fails'),
  ...route('Waits', 'GET /waits', 'Waits', { integration: { TimeoutInMillis: 200 } }),
  ...route('Items', 'POST /items', 'Accepts'),
  ...route('Signed', 'ANY /signed/{proxy+}', 'Echo', { route: { AuthorizationType: 'AWS_IAM' } }),
  ...route('Custom', 'GET /custom', 'Echo', {
    route: { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authorizer' } },
  }),
};

interface Echoed {
  event: Record<string, unknown> & { requestContext: Record<string, unknown> };
}

describe('the HTTP API', () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startResources(resources);
  });
  afterAll(() => stack.close());

  const ask = (path: string, init: RequestInit = {}) => fetch(`${stack.apiUrl}${path}`, init);
  const echoed = async (path: string, init: RequestInit = {}) =>
    ((await (await ask(path, init)).json()) as Echoed).event;

  it('hands over a request in payload format 2.0', async () => {
    const headers = new Headers({ 'content-type': 'application/json', cookie: 'a=1; b=2', 'user-agent': 'test' });
    headers.append('x-many', 'one');
    headers.append('x-many', 'two');
    const event = await echoed('/echo/a%20b/c?x=1&y=%20z&x=2', { method: 'POST', headers, body: '{"ü":1}' });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'ANY /echo/{proxy+}',
      rawPath: '/echo/a b/c',
      rawQueryString: 'x=1&y=%20z&x=2',
      queryStringParameters: { x: '1,2', y: ' z' },
      pathParameters: { proxy: 'a b/c' },
      cookies: ['a=1', 'b=2'],
      body: '{"ü":1}',
      isBase64Encoded: false,
      requestContext: {
        stage: '$default',
        routeKey: 'ANY /echo/{proxy+}',
        requestId: expect.any(String),
        timeEpoch: expect.any(Number),
        time: expect.stringMatching(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/),
        http: { method: 'POST', path: '/echo/a b/c', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      },
    });
    expect(event['headers']).toMatchObject({
      'x-many': expect.stringMatching(/^one, ?two$/),
      'x-forwarded-for': '127.0.0.1',
    });
    expect(event['headers']).not.toHaveProperty('cookie');
    expect(event['headers']).not.toHaveProperty('connection');
  });

  it('leaves out what is not there', async () => {
    const event = await echoed('/echo/x');
    for (const absent of ['body', 'cookies', 'queryStringParameters', 'stageVariables'])
      expect(event).not.toHaveProperty(absent);
    expect(event['rawQueryString']).toBe('');
    expect(event['isBase64Encoded']).toBe(false);
  });

  it('hands over a binary body in base64', async () => {
    const body = Buffer.from([0, 255, 128, 10]);
    const event = await echoed('/echo/x', {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body,
    });
    expect(event).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true });
  });

  it('prefers the most specific route', async () => {
    const event = await echoed('/echo/users/USR-1%2F2');
    expect(event).toMatchObject({
      routeKey: 'GET /echo/users/{user_identifier}',
      pathParameters: { user_identifier: 'USR-1/2' },
    });
  });

  it.each([
    [{ statusCode: 201, body: 'made' }, 201, 'text/plain; charset=utf-8', 'made'],
    [{ statusCode: '202', headers: { 'Content-Type': 'x/y', 'X-Number': 5 } }, 202, 'x/y', ''],
    [{ statusCode: 200, body: 'AP8=', isBase64Encoded: true }, 200, 'text/plain; charset=utf-8', '\u0000\ufffd'],
    [{ any: 'object' }, 200, 'application/json', '{"any":"object"}'],
    ['only text', 200, 'application/json', 'only text'],
    [[1, 2], 200, 'application/json', '[1,2]'],
    [{ statusCode: 200, body: { no: 'text' } }, 500, 'application/json', '{"message":"Internal Server Error"}'],
    [{ statusCode: 'many' }, 500, 'application/json', '{"message":"Internal Server Error"}'],
    [{ statusCode: 200, headers: { bad: 'a\nb' } }, 500, 'application/json', '{"message":"Internal Server Error"}'],
  ])('makes of %j what API Gateway makes of it', async (result, status, type, text) => {
    const response = await ask('/answers', { method: 'POST', body: JSON.stringify(result) });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      status,
      type,
      text,
    ]);
  });

  it('says how long the body is, except for 204', async () => {
    const post = (result: unknown) => ask('/answers', { method: 'POST', body: JSON.stringify(result) });
    expect((await post({ statusCode: 200, body: 'ü' })).headers.get('content-length')).toBe('2');
    const empty = await post({ statusCode: 204 });
    expect([empty.status, empty.headers.get('content-length'), await empty.text()]).toEqual([204, null, '']);
  });

  it('sets cookies and a request id', async () => {
    const body = JSON.stringify({ statusCode: 200, cookies: ['a=1; Path=/', 'b=2'] });
    const response = await ask('/answers', { method: 'POST', body });
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(response.headers.get('apigw-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['/nothing/here', {}, 404, 'Not Found'],
    ['/answers', {}, 404, 'Not Found'],
    ['/answers/', { method: 'POST' }, 404, 'Not Found'],
    ['/fails', {}, 500, 'Internal Server Error'],
    ['/items', { method: 'POST', body: 'x'.repeat(10 * 1024 * 1024 + 1) }, 413, 'Request Entity Too Large'],
    ['/items', { method: 'POST', body: 'x'.repeat(7 * 1024 * 1024) }, 413, 'Request Entity Too Large'],
  ] as const)('answers %s by itself: %#', async (path, init, status, message) => {
    const response = await ask(path, init);
    expect([response.status, await response.json()]).toEqual([status, { message }]);
  });

  it('answers 503 when the integration takes too long', async () => {
    const barrier = await startBarrier(Infinity);
    const response = await ask(`/waits?url=${encodeURIComponent(barrier.url)}`);
    expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }]);
    await barrier.close();
  });

  it('lets a Lambda authorizer decide', async () => {
    const custom = (headers: Record<string, string>) => ask('/custom', { headers });
    expect((await custom({})).status).toBe(401);
    const refused = await custom({ authorization: 'please' });
    expect([refused.status, await refused.json()]).toEqual([403, { message: 'Forbidden' }]);
    const event = await echoed('/custom', { headers: { authorization: 'let me in' } });
    expect(event.requestContext['authorizer']).toEqual({ lambda: { who: 'friend' } });
  });

  it('takes 200 parallel requests and finishes the work of each', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `item-${index}`);
    const answers = await Promise.all(ids.map((id) => ask('/items', { method: 'POST', body: JSON.stringify({ id }) })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await stack.idle();
    const items = await Promise.all(ids.map((id) => stack.invoke('Reads', { id })));
    expect(items).toEqual(ids.map((id) => ({ pk: { S: id }, sk: { S: 'item' }, handled: { N: '1' } })));
  });

  it('survives aborted uploads', async () => {
    for (let round = 0; round < 5; round += 1) {
      const socket = connect(Number(new URL(stack.apiUrl).port), '127.0.0.1');
      await new Promise<void>((resolve) => {
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.write('POST /items HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{', () => socket.resetAndDestroy());
      });
    }
    expect((await ask('/echo/still-there')).status).toBe(200);
  });

  it('observes every request', async () => {
    const seen: Observations['http'][] = [];
    const stop = stack.on('http', (request) => seen.push(request));
    await ask('/echo/seen?x=1');
    await ask('/nowhere');
    stop();
    expect(seen).toMatchObject([
      { method: 'GET', path: '/echo/seen', status: 200, route: 'ANY /echo/{proxy+}' },
      { method: 'GET', path: '/nowhere', status: 404, route: undefined },
    ]);
  });

  describe('a route with AWS_IAM', () => {
    // The SDK's signer, so that a mistake of ours in both directions cannot hide.
    class Sha256 {
      readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
      constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
        this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
      }
      update(data: string | ArrayBuffer | ArrayBufferView): void {
        this.#hash.update(bytes(data));
      }
      digest = async (): Promise<Uint8Array> => this.#hash.digest();
      reset(): void {}
    }
    const bytes = (data: string | ArrayBuffer | ArrayBufferView): Buffer =>
      typeof data === 'string'
        ? Buffer.from(data)
        : ArrayBuffer.isView(data)
          ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
          : Buffer.from(data);

    interface Changes {
      credentials?: { accessKeyId: string; secretAccessKey: string };
      service?: string;
      signingDate?: Date;
      sentBody?: string;
    }
    const signed = async (
      method: string,
      path: string,
      query: Record<string, string>,
      body: string,
      changes: Changes = {},
    ) => {
      const { credentials = stack.awsCredentials, service = 'execute-api', signingDate = new Date() } = changes;
      const signer = new SignatureV4({ credentials, region: stack.region, service, sha256: Sha256 });
      const host = new URL(stack.apiUrl).host;
      const unsigned = { method, protocol: 'http:', hostname: '127.0.0.1', path, query, headers: { host }, body };
      const { headers } = await signer.sign(unsigned, { signingDate });
      // As the SDK sends it: %20, not +.
      const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
      const { host: _host, ...sent } = headers;
      return ask(`${path}${search}`, {
        method,
        headers: sent,
        ...(method === 'GET' ? {} : { body: changes.sentBody ?? body }),
      });
    };

    it('lets a signed request through and says who it was', async () => {
      const response = await signed('POST', '/signed/users/a%20b', { page: '2', name: 'x y&z' }, '{"a":1}');
      expect(response.status).toBe(200);
      const { event } = (await response.json()) as Echoed;
      expect(event).toMatchObject({ body: '{"a":1}', queryStringParameters: { page: '2', name: 'x y&z' } });
      expect(event.requestContext['authorizer']).toMatchObject({
        iam: { accessKey: stack.awsCredentials.accessKeyId, accountId: '000000000000' },
      });
      expect((await signed('GET', '/signed/x', {}, '')).status).toBe(200);
    });

    it('refuses everything else with 403', async () => {
      const unknown = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' };
      const wrongSecret = { ...stack.awsCredentials, secretAccessKey: 'x' };
      const long = new Date(Date.now() - 10 * 60_000);
      const changes: Changes[] = [
        { credentials: unknown },
        { credentials: wrongSecret },
        { service: 'sqs' },
        { signingDate: long },
        { sentBody: '{"a":2}' },
      ];
      for (const change of changes) {
        const response = await signed('POST', '/signed/x', {}, '{"a":1}', change);
        expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }]);
      }
      expect((await ask('/signed/x')).status).toBe(403);
    });
  });
});
