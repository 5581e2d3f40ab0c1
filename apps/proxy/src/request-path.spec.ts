import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProxyUnderTest, type ProxyUnderTest } from '../testing/proxy-under-test.js';

let proxy: ProxyUnderTest;
beforeAll(async () => {
  proxy = await startProxyUnderTest({ bodyBytes: 70_000, records: 100 });
});
afterAll(() => proxy.close());

const as = (name: string, password = 'right') => `Authorization: Basic ${Buffer.from(`${name}:${password}`).toString('base64')}\r\n`;
const JSON_TYPE = 'Content-Type: application/vnd.kafka.json.v2+json\r\n';
const request = (method: string, path: string, headers = '', body = '') => `${method} ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${headers}${body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`;
const status = (answer: string) => Number(answer.slice(9, 12));
const send = async (...args: Parameters<typeof request>) => status(await proxy.raw(request(...args)));

describe('deny by default over the real routes (I5)', () => {
  const OPEN: readonly string[] = [];

  it('answers every method of every route with 401 when there is no credential', async () => {
    expect(proxy.routes.length).toBeGreaterThan(8);
    for (const { method, url } of proxy.routes) {
      const path = url.replace(/:\w+/g, 'x').replace('*', 'any/thing');
      const answered = OPEN.includes(url) ? 401 : await send(method, path);
      expect(`${method} ${url} ${answered}`).toBe(`${method} ${url} ${['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? 401 : 405}`);
    }
  });

  it.each(['/no/such/route', '/topics/', '/TOPICS', '/topics/a/b/c', '/%74opics', '//topics', '/topics/../topics', '/topics;x=1'])('an unknown path is 401 too: %s', async (path) => {
    expect(await send('GET', path)).toBe(401);
  });

  it('sends the challenges of all enabled schemes', async () => {
    const answer = await proxy.raw(request('GET', '/topics'));
    expect(answer.match(/^www-authenticate: .*$/gim)).toEqual(['www-authenticate: Basic realm="test", charset="UTF-8"', 'www-authenticate: Bearer realm="test"']);
  });
});

describe('the order of answers (I3)', () => {
  const bad = 'not json';
  it.each([
    ['400 framing comes before everything', 'POST', '/topics/t', `Host: again\r\n${as('carol')}`, bad, 400],
    ['401 comes before the gate and the body', 'POST', '/topics/t', as('carol', 'wrong'), bad, 401],
    ['401 comes before an unsupported media type', 'POST', '/topics/t', `Content-Type: text/plain\r\n`, bad, 401],
    ['401 comes before a body that is too large', 'POST', '/topics/t', 'X: y\r\n', 'x'.repeat(65_000), 401],
    ['401 comes before a media type that is none', 'POST', '/topics/t', 'Content-Type: ;;;\r\n', bad, 401],
    ['415 of a media type that is none', 'POST', '/topics/t', `${as('alice')}Content-Type: ;;;\r\n`, bad, 415],
    ['503 could not decide who', 'POST', '/topics/t', as('alice', 'away'), bad, 503],
    ['503 could not decide whether', 'POST', '/topics/t', as('dave'), bad, 503],
    ['403 of the gate comes before the body', 'POST', '/topics/t', as('carol'), bad, 403],
    ['403 of the gate comes before 404', 'GET', '/no/such/route', as('carol'), '', 403],
    ['404 for whoever is admitted', 'GET', '/no/such/route', as('alice'), '', 404],
    ['405 for whoever is admitted', 'DELETE', '/topics/t', as('alice'), '', 405],
    ['415 of the body', 'POST', '/topics/t', `${as('alice')}Content-Type: text/plain\r\n`, bad, 415],
    ['400 of the body', 'POST', '/topics/t', as('alice') + JSON_TYPE, bad, 400],
    ['500 and an alarm for a broken plugin', 'GET', '/topics', as('alice', 'broken'), '', 500],
  ])('%s', async (_, method, path, headers, body, expected) => {
    expect(await send(method, path, headers, body)).toBe(expected);
  });

  it('429 for a flood from one address comes before 401', async () => {
    const small = await startProxyUnderTest({ floodPerSecond: 1, floodBurst: 2 });
    const answers = [await small.raw(request('GET', '/')), await small.raw(request('GET', '/')), await small.raw(request('GET', '/'))];
    expect(answers.map(status)).toEqual([401, 401, 429]);
    expect(answers[2]).toMatch(/retry-after: 1/i);
    await small.close();
  });

  it('429 for too many requests of one principal comes after the gate and before the body', async () => {
    const small = await startProxyUnderTest({ concurrentPerPrincipal: 1 });
    const open = small.raw(`POST /topics/t HTTP/1.1\r\nHost: h\r\n${as('alice')}${JSON_TYPE}Content-Length: 20\r\n\r\n{"rec`, /never/).catch(() => '');
    await expect.poll(async () => status(await small.raw(request('POST', '/topics/t', as('alice') + JSON_TYPE, bad)))).toBe(429);
    expect(status(await small.raw(request('POST', '/topics/t', as('bob') + JSON_TYPE, bad)))).toBe(400);
    await small.close();
    await open;
  });
});

describe('HTTP that is not well-formed (attack cases 33, 56-61, 63-65)', () => {
  const good = `Host: h\r\n${as('alice')}`;
  it.each([
    ['33 Bearer and Basic both sent', `GET / HTTP/1.1\r\nHost: h\r\n${as('alice')}Authorization: Bearer a.b.c\r\nConnection: close\r\n\r\n`, 400],
    ['56 Content-Length and Transfer-Encoding', `POST / HTTP/1.1\r\n${good}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['56 two different Content-Length', `POST / HTTP/1.1\r\n${good}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ['56 two equal Content-Length', `POST / HTTP/1.1\r\n${good}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, 400],
    ['56 Transfer-Encoding xchunked', `POST / HTTP/1.1\r\n${good}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
    ['56 Transfer-Encoding gzip, chunked', `POST / HTTP/1.1\r\n${good}Transfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`, 400],
    ['56 Transfer-Encoding chunked, identity', `POST / HTTP/1.1\r\n${good}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
    ['56 a space before the colon', `GET / HTTP/1.1\r\n${good}X-A : b\r\n\r\n`, 400],
    ['56 an obsolete line fold', `GET / HTTP/1.1\r\n${good}X-A: b\r\n c\r\n\r\n`, 400],
    ['56 a bare line feed', `GET / HTTP/1.1\nHost: h\n${as('alice')}\n\n`, 400],
    ['56 a NUL in a value', `GET / HTTP/1.1\r\n${good}X-A: b\0c\r\n\r\n`, 400],
    ['56 a bare carriage return in a value', `GET / HTTP/1.1\r\n${good}X-A: b\rc\r\n\r\n`, 400],
    ['57 two Host lines', `GET / HTTP/1.1\r\nHost: a\r\n${good}Connection: close\r\n\r\n`, 400],
    ['58 no Host line', `GET / HTTP/1.1\r\n${as('alice')}\r\n`, 400],
    ['58 an unknown method', `BREW / HTTP/1.1\r\n${good}\r\n`, 400],
    ['58 Expect: x', `GET / HTTP/1.1\r\n${good}Expect: x\r\nConnection: close\r\n\r\n`, 417],
    ['58 the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['59 headers over 16 KiB', `GET / HTTP/1.1\r\n${good}X-A: ${'b'.repeat(17_000)}\r\n\r\n`, 431],
    ['60 more than 200 header lines', `GET / HTTP/1.1\r\n${good}${'A: b\r\n'.repeat(201)}Connection: close\r\n\r\n`, 431],
    ['61 huge chunk extensions', `POST / HTTP/1.1\r\n${good}Transfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`, 413],
    ['63 an absolute target to another host is its path', `GET http://other.example/ HTTP/1.1\r\n${good}Connection: close\r\n\r\n`, 200],
    ['63 X-HTTP-Method-Override changes nothing', `GET / HTTP/1.1\r\n${good}X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /nope\r\nConnection: close\r\n\r\n`, 200],
    ['63 Connection: authorization does not remove the credential', `GET / HTTP/1.1\r\n${good}Connection: close, authorization\r\n\r\n`, 200],
    ['64 X-Remote-User is nobody', 'GET / HTTP/1.1\r\nHost: h\r\nX-Remote-User: alice\r\nX-Forwarded-Client-Cert: CN=alice\r\nConnection: close\r\n\r\n', 401],
    ['65 TRACE', `TRACE / HTTP/1.1\r\n${good}Connection: close\r\n\r\n`, 405],
  ])('%s', async (name, bytes, expected) => {
    const answer = await proxy.raw(bytes);
    // Node answers over-large chunk extensions with 413 by itself; every other line is 400 or what the case says.
    expect(name.startsWith('61') ? [400, 413] : [expected]).toContain(status(answer));
    expect(answer).not.toContain('YWxpY2U');
  });

  it('65 CONNECT is closed without an answer that echoes anything', async () => {
    const answer = await proxy.raw(`CONNECT h:443 HTTP/1.1\r\n${good}\r\n`).catch(() => '');
    expect(answer).not.toContain('200');
    expect(answer).not.toContain('YWxpY2U');
  });

  it('66 sends no CORS header and lets no preflight through', async () => {
    const answer = await proxy.raw(request('OPTIONS', '/topics', 'Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n'));
    expect(status(answer)).toBe(401);
    expect(answer).not.toMatch(/access-control/i);
  });

  it('75 a malformed percent-encoding is 400 in the API\'s shape', async () => {
    const answer = await proxy.raw(request('GET', '/topics/%zz', as('alice')));
    expect(answer).toMatch(/^HTTP\/1.1 400[\s\S]*"error_code":400/);
  });

  it('72 nothing is read after a refusal of framing', async () => {
    const answer = await proxy.raw(`GET / HTTP/1.1\r\n${good}X-A : b\r\n\r\nGET / HTTP/1.1\r\n${good}\r\n`);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('bodies', () => {
  const produce = (headers: string, body: string) => proxy.raw(request('POST', '/topics/t', as('alice') + headers, body));

  it('are not read before the caller is known: 100-continue is only sent to an admitted caller', async () => {
    const head = (who: string) => `POST /topics/t HTTP/1.1\r\nHost: h\r\n${who}${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 28\r\nConnection: close\r\n\r\n`;
    expect(await proxy.raw(head(as('alice', 'wrong')))).toMatch(/^HTTP\/1.1 401/);
    expect(await proxy.raw(head(as('carol')))).toMatch(/^HTTP\/1.1 403/);
    expect(await proxy.raw(head(as('alice')), /100 Continue/)).toMatch(/^HTTP\/1.1 100/);
  });

  it('a large one that was refused unread: the answer arrives and the connection is closed', async () => {
    const answer = await proxy.raw(`POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n${'x'.repeat(200_000)}`);
    expect(answer).toMatch(/^HTTP\/1.1 401[\s\S]*connection: close[\s\S]*"error_code":40101/i);
  });

  it('a small one that was refused unread: the connection goes on', async () => {
    const one = `POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello`;
    const answer = await proxy.raw(one + one, /401[\s\S]*401/);
    expect(answer.match(/HTTP\/1\.1 401/g)).toHaveLength(2);
  });

  it('69 over the limit with Content-Length is 413', async () => {
    expect(status(await produce(JSON_TYPE, 'x'.repeat(70_001)))).toBe(413);
  });

  it('69 over the limit in chunks is 413', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    expect(status(await proxy.raw(`POST /topics/t HTTP/1.1\r\nHost: h\r\n${as('alice')}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(6)}0\r\n\r\n`))).toBe(413);
  });

  it('70 a gzip body that swells is 413, other encodings are 415, broken gzip is 400, and good gzip is read', async () => {
    const zipped = (text: string) => gzipSync(text);
    const post = (encoding: string, body: Buffer) =>
      proxy.raw(Buffer.concat([Buffer.from(`POST /topics/t HTTP/1.1\r\nHost: h\r\n${as('alice')}${JSON_TYPE}Content-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`), body]));
    expect(status(await post('gzip', zipped(' '.repeat(50_000_000))))).toBe(413);
    expect(status(await post('br', Buffer.from('x')))).toBe(415);
    expect(status(await post('gzip', Buffer.from('no gzip')))).toBe(400);
    expect(status(await post('gzip', zipped('{"records":[{"value":"zipped"}]}')))).toBe(200);
    expect(proxy.produced.at(-1)?.value?.toString()).toBe('"zipped"');
  });

  it('71 a caller that goes away in the middle leaves nothing behind but its lines in the log', async () => {
    const before = proxy.logged.length;
    await proxy.raw(`POST /topics/t HTTP/1.1\r\nHost: h\r\n${as('eve')}${JSON_TYPE}Content-Length: 100\r\n\r\n{"records"`, /x/).catch(() => '');
    await expect.poll(() => proxy.logged.slice(before).some((line) => line.includes('"principal":"eve"')), { timeout: 6_000 }).toBe(true);
  }, 10_000);

  it('71 a caller that goes away before its answer is in the log and gives its place back', async () => {
    const small = await startProxyUnderTest({ concurrentPerPrincipal: 1 });
    const text = '{"records":[{"value":1}]}';
    await small.raw(`POST /topics/slow HTTP/1.1\r\nHost: h\r\n${as('ann')}${JSON_TYPE}Content-Length: ${text.length}\r\n\r\n${text}`, /never/, 50).catch(() => '');
    await expect.poll(() => small.logged.filter((line) => line.includes('"aborted":true') || line.includes('"principal":"ann"')).length).toBe(2);
    expect(small.produced).toHaveLength(1);
    expect(status(await small.raw(request('GET', '/topics', as('ann'))))).toBe(200);
    await small.close();
  });

  it('12 a refused body that is dripped does not keep its socket', async () => {
    const startedAt = performance.now();
    await proxy.raw(`POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\nx`);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('6 all bodies of one principal together are bounded', async () => {
    const small = await startProxyUnderTest({ bodiesBytesPerPrincipal: 1024 * 1024, bodyBytes: 2 * 1024 * 1024 });
    const big = `{"records":[{"value":"${'x'.repeat(1_100_000)}"}]}`;
    const answer = await small.raw(request('POST', '/topics/t', as('ann') + JSON_TYPE, big));
    expect([status(answer), /retry-after: 1/i.test(answer)]).toEqual([429, true]);
    expect(status(await small.raw(request('POST', '/topics/t', as('ann') + JSON_TYPE, '{"records":[{"value":1}]}')))).toBe(200);
    await small.close();
  });

  it('5 POST / takes a small object and nothing deep', async () => {
    const root = (body: string) => proxy.raw(request('POST', '/', `${as('alice')}Content-Type: application/vnd.kafka.v2+json\r\n`, body)).then(status);
    expect([await root('['.repeat(60_000)), await root(`{"a":"${'x'.repeat(66_000)}"}`), await root('{"a":1}')]).toEqual([400, 413, 200]);
  });

  it('67 another charset or type is 415; none is binary', async () => {
    expect(status(await produce('Content-Type: application/vnd.kafka.json.v2+json; charset=utf-7\r\n', '{}'))).toBe(415);
    expect(status(await produce('Content-Type: multipart/form-data; boundary=x\r\n', '{}'))).toBe(415);
    expect(status(await produce('Content-Type: application/json\r\n', '{}'))).toBe(415);
    expect(status(await produce('Content-Type: \x01\r\n', '{}'))).toBe(400);
    expect(status(await produce('', '{"records":[{"value":"aGk="}]}'))).toBe(200);
    expect(proxy.produced.at(-1)?.value?.toString()).toBe('hi');
  });
});

describe('no string of a credential stays (I29)', () => {
  it('in no line of the log, whatever the outcome', async () => {
    const secret = Buffer.from('alice:canary-7731').toString('base64');
    for (const path of ['/', '/topics', '/nope', '/topics/%zz']) await proxy.raw(request('GET', path, `Authorization: Basic ${secret}\r\nCookie: canary-7731\r\n`));
    const text = proxy.logged.join('\n');
    expect(text).not.toContain(secret);
    expect(text).not.toContain('canary-7731');
  });

  it('and a failed login names nobody: the typed name is an HMAC, the same for the same name', async () => {
    const before = proxy.logged.length;
    for (const name of ['mallory', 'mallory', 'trudy']) await proxy.raw(request('GET', '/', as(name, 'wrong')));
    await expect.poll(() => proxy.logged.length - before).toBe(6);
    const lines = proxy.logged.slice(before);
    expect(lines.join()).not.toMatch(/mallory|trudy/);
    const [first, second, third] = lines.filter((line) => line.includes('"kind":"audit"')).map((line) => JSON.parse(line) as { principal: string; typedName: string });
    expect(first).toMatchObject({ principal: 'unknown', typedName: expect.stringMatching(/^[\w-]{22}$/) });
    expect([second?.typedName === first?.typedName, third?.typedName === first?.typedName]).toEqual([true, false]);
  });

  it('and one access line and one audit record stand for each request', async () => {
    const before = proxy.logged.length;
    await proxy.raw(request('POST', '/topics/forbidden', as('alice') + JSON_TYPE, '{"records":[{"value":1}]}'));
    await expect.poll(() => proxy.logged.length - before).toBe(2);
    const [access, audit] = proxy.logged.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(access).toMatchObject({ kind: 'access', method: 'POST', operation: 'api.v2.produce-to-topic', status: 403, records: 1 });
    expect(audit).toMatchObject({ kind: 'audit', plugin: 'p', principal: 'alice', source: '127.0.0.1', kafkaName: 'alice', principalKey: expect.any(String), resource: 'forbidden', cluster: 'main', decision: 'forbidden', error: 'TOPIC_AUTHORIZATION_FAILED' });
    expect(access?.['requestId']).toBe(audit?.['requestId']);
  });
});

describe('REST v2 on the wire', () => {
  const get = async (path: string, headers = '') => {
    const answer = await proxy.raw(request('GET', path, as('alice') + headers));
    return { status: status(answer), type: /^content-type: (.*)$/im.exec(answer)?.[1]?.trim(), body: answer.slice(answer.indexOf('\r\n\r\n') + 4) };
  };
  const V2 = 'application/vnd.kafka.v2+json';

  it.each([
    ['1 GET /', '/', 200, '{}'],
    ['6 GET /topics without internal topics', '/topics', 200, '["t"]'],
    ['7 GET /topics/t', '/topics/t', 200, '{"name":"t","configs":{"cleanup.policy":"delete"},"partitions":[{"partition":0,"leader":1,"replicas":[{"broker":1,"leader":true,"in_sync":true},{"broker":2,"leader":false,"in_sync":false}]}]}'],
    ['8 GET /topics/nope', '/topics/nope', 404, '{"error_code":40401,"message":"Topic not found."}'],
    ['74 a name that Kafka forbids', '/topics/a%2Fb', 400, '{"error_code":40002,"message":"Invalid topic name."}'],
    ['76 a name of 250 characters', `/topics/${'x'.repeat(250)}`, 400, '{"error_code":40002,"message":"Invalid topic name."}'],
  ])('%s', async (_, path, expected, body) => {
    expect(await get(path)).toEqual({ status: expected, type: V2, body });
  });

  it('2, 14 an Accept that cannot be met is 406 without type and body', async () => {
    for (const accept of ['text/plain', 'application/json']) expect(await get('/topics', `Accept: ${accept}\r\n`)).toEqual({ status: 406, type: undefined, body: '' });
  });

  it('15 an unknown route is 404/404 in the preferred type', async () => {
    expect(await get('/no/such/route')).toEqual({ status: 404, type: 'application/json', body: '{"error_code":404,"message":"HTTP 404 Not Found"}' });
  });

  it('3, 4 POST / takes the v2 type and any object', async () => {
    const post = async (type: string, body: string) => status(await proxy.raw(request('POST', '/', `${as('alice')}Content-Type: ${type}\r\n`, body)));
    expect([await post('text/plain', 'x'), await post(V2, '{"a":1}'), await post(V2, '[]'), await post(V2, '{')]).toEqual([415, 200, 400, 400]);
  });

  it.each([
    ['one stored, one to a partition that is not there', '/topics/t', '{"records":[{"value":1},{"value":2,"partition":9}]}', 200, '{"offsets":[{"partition":0,"offset":0,"error_code":null,"error":null},{"partition":null,"offset":null,"error_code":40402,"error":"Partition not found."}],"key_schema_id":null,"value_schema_id":null}'],
    ['an unknown topic is 404/40401 at once', '/topics/missing', '{"records":[{"value":1}]}', 404, '{"error_code":40401,"message":"Topic not found."}'],
    ['an unknown partition in the path is 404/40402', '/topics/t/partitions/9', '{"records":[{"value":1}]}', 404, '{"error_code":40402,"message":"Partition not found."}'],
    ['12 a partition that is no number is 404/404', '/topics/t/partitions/abc', '{"records":[{"value":1}]}', 404, '{"error_code":404,"message":"HTTP 404 Not Found"}'],
    ['30 a forbidden topic is 403 with its entries', '/topics/forbidden', '{"records":[{"value":1}]}', 403, '{"offsets":[{"partition":null,"offset":null,"error_code":40301,"error":"Not authorized to access this topic."}],"key_schema_id":null,"value_schema_id":null}'],
    ['20 an empty body is 422', '/topics/t', '', 422, '{"error_code":422,"message":"The request body must not be empty."}'],
  ])('%s', async (_, path, body, expected, answerBody) => {
    const answer = await proxy.raw(request('POST', path, as('alice') + JSON_TYPE, body));
    expect([status(answer), answer.slice(answer.indexOf('\r\n\r\n') + 4)]).toEqual([expected, answerBody]);
  });
});
