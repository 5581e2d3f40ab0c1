import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProxyUnderTest, type ProxyUnderTest } from '../testing/proxy-under-test.js';

let proxy: ProxyUnderTest;
beforeAll(async () => {
  proxy = await startProxyUnderTest();
});
afterAll(() => proxy.close());

type Contract = { paths: Record<string, Record<string, { operationId?: string }>> };

describe('openapi/', () => {
  const contracts = ['rest-v2', 'hdinsight-v1'].map((name) => parse(readFileSync(`openapi/${name}.yaml`, 'utf8')) as Contract);
  const contract: Contract = { paths: Object.assign({}, ...contracts.map(({ paths }) => paths)) as Contract['paths'] };

  it('has every route that is served, and serves every route that it has', () => {
    const described = Object.entries(contract.paths).flatMap(([path, item]) => Object.keys(item).filter((key) => key !== 'parameters').map((method) => `${method.toUpperCase()} ${path}`));
    // HEAD comes with every GET by HTTP itself.
    const served = proxy.routes.filter(({ method }) => method !== 'HEAD').map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`);
    expect(described.toSorted()).toEqual([...new Set(served)].toSorted());
  });

  it('names each operation as the audit record does', async () => {
    for (const [path, item] of Object.entries(contract.paths)) {
      for (const [method, operation] of Object.entries(item).filter(([key]) => key !== 'parameters')) {
        const before = proxy.logged.length;
        await proxy.raw(`${method.toUpperCase()} ${path.replace('{topic}', 't').replace('{partition}', '0').replace('{offset}', '0')} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        await expect.poll(() => proxy.logged.length).toBe(before + 2);
        expect(JSON.parse(proxy.logged.at(-1) ?? '{}')).toMatchObject({ operation: operation.operationId });
      }
    }
  });
});
