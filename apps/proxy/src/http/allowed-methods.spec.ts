import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProxyUnderTest, type ProxyUnderTest } from '../../testing/proxy-under-test.js';

let proxy: ProxyUnderTest;
beforeAll(async () => {
  proxy = await startProxyUnderTest({}, { hdinsight: { deleteTopics: true } });
});
afterAll(() => proxy.close());

/* RFC 9110 section 15.5.6: Allow names the methods of this very target. */
it.each([
  ['of a topic of v2', 'DELETE', '/topics/t', 'GET, HEAD, POST'],
  ['of a topic of HDInsight', 'GET', '/v1/topics/t', 'PUT, DELETE'],
  ['of a way to write alone', 'GET', '/v1/producer/topics/t', 'POST'],
  ['of a list, query and all', 'PUT', '/v1/metadata/topics?x=y', 'GET, HEAD'],
])('a 405 tells the methods %s', async (_, method, path, allow) => {
  const answer = await proxy.raw(`${method} ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Basic ${btoa('alice:right')}\r\n\r\n`);
  expect([answer.slice(9, 12), /^allow: (.*)$/im.exec(answer)?.[1]?.trim()]).toEqual(['405', allow]);
});
