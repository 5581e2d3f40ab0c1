import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCa, type Leaf, type TestCa } from '../../libs/auth-plugins/testing/certificate-maker.js';
import { startMds, type Certificates, type Mds } from '../../stack/src/index.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, bearer } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* Callers by certificate at the built proxy, up to what Kafka's ACLs see; revocation lists and pinned keys that change under it. */
const WITHIN_MS = 5_000;
const json = JSON.stringify;
let stack: Stack;
let mds: Mds;
let proxy: RunningProxy;
let dir: string;
let ca: TestCa;

const put = (name: string, text: string): void => {
  writeFileSync(join(dir, `${name}.new`), text);
  renameSync(join(dir, `${name}.new`), join(dir, name));
};

beforeAll(async () => {
  stack = theStack();
  dir = mkdtempSync(join(stack.runDir, 'api-mtls-'));
  ca = await createTestCa('Applications');
  put('clients.pem', ca.pem);
  put('clients.crl', await ca.revocationList());
  mds = await startMds({ certificates: stack.certificates as Certificates, usualPorts: false, lifetime: 'parent', runDir: join(dir, 'mds'), directory: stack.directory });
  copyFileSync(mds.publicKeyFile, join(dir, 'mds.pem'));
  await stack.kafka.createTopics({ name: 'mtls.orders', partitions: 1 });
  await stack.kafka.addAcls({ principal: 'svc/orders', resource: 'topic', name: 'mtls.orders', operations: ['describe'] });
  proxy = await runProxy(stack, {
    environment: {
      POSTERN__listeners__0__clientCertificate: 'identity',
      POSTERN__authorities__2: json({ id: 'services', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'prefix', prefix: 'svc/' } }),
      POSTERN__authorities__3: json({ id: 'mds', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'prefix', prefix: 'mds/' } }),
      POSTERN__plugins__2: json({ id: 'apps', type: 'mtls', authority: 'services', caFile: join(dir, 'clients.pem'), crlFiles: [join(dir, 'clients.crl')], subject: { rdn: 'CN' } }),
      POSTERN__plugins__3: json({ id: 'tokens', type: 'mds', authority: 'mds', urls: [mds.url], caFile: mds.caFile, publicKeyFiles: [join(dir, 'mds.pem')], basic: false }),
      POSTERN__clusters__0__credentials__3: json({ from: 'authority:services', source: 'minted', listener: 'minted' }),
      POSTERN__clusters__0__credentials__4: json({ from: 'Confluent', source: 'minted', listener: 'minted' }),
    },
  });
});
afterAll(async () => {
  await proxy?.stop();
  await mds?.stop();
});

const client = (leaf?: Leaf) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(proxy.proxy.caFile), ...(leaf === undefined ? {} : { cert: leaf.pem, key: leaf.key }) });
  const topics = (authorization?: string): Promise<readonly [number, readonly string[]]> =>
    new Promise((resolve, reject) => {
      request(`${proxy.proxy.url}/topics`, { agent, headers: authorization === undefined ? {} : { authorization } }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve([response.statusCode ?? 0, response.statusCode === 200 ? (JSON.parse(text) as string[]) : []]));
      })
        .on('error', reject)
        .end();
    });
  return { topics, close: () => agent.destroy() };
};

describe('callers by certificate', () => {
  it('are their own principal at Kafka, and the audit record names them', async () => {
    const { topics, close } = client(await ca.issue({ subject: 'orders' }));
    expect(await topics()).toEqual([200, ['mtls.orders']]);
    await expect.poll(() => proxy.audits().find((record) => record['kafkaName'] === 'svc/orders' && record['operation'] !== 'mint')).toMatchObject({ plugin: 'apps', authority: 'services', principal: 'orders', status: 200, snapshot: 1 });
    close();
  });

  it('do not lend their identity to a header, and none is asked of the others', async () => {
    const { topics, close } = client(await ca.issue({ subject: 'orders' }));
    expect((await topics(basic('alice', 'alice-secret')))[0]).toBe(200);
    expect((await topics(basic('alice', 'wrong')))[0]).toBe(401);
    expect((await client().topics(basic('alice', 'alice-secret')))[0]).toBe(200);
    expect((await client().topics())[0]).toBe(401);
    close();
  });

  it('are refused within the time of a new revocation list, on a connection that stays open, and others are not', async () => {
    const bad = client(await ca.issue({ subject: 'leaked', serialNumber: '77' }));
    const good = client(await ca.issue({ subject: 'orders' }));
    expect([(await bad.topics())[0], (await good.topics())[0]]).toEqual([200, 200]);
    put('clients.crl', await ca.revocationList({ serials: ['77'] }));
    await expect.poll(async () => (await bad.topics())[0], { timeout: WITHIN_MS, interval: 100 }).toBe(401);
    expect((await good.topics())[0]).toBe(200);
    for (const each of [bad, good]) each.close();
  });

  it('of a CA that was added are taken within its time, and of one that was taken away no longer, also on an open connection', async () => {
    const second = await createTestCa('More applications');
    const [old, young] = [client(await ca.issue({ subject: 'orders' })), client(await second.issue({ subject: 'orders' }))];
    expect([(await old.topics())[0], (await young.topics())[0]]).toEqual([200, 401]);
    // Both files change; the state between them, a CA without its list, is refused and mended by the next look.
    put('clients.pem', second.pem);
    put('clients.crl', await second.revocationList());
    await expect.poll(async () => (await old.topics())[0], { timeout: WITHIN_MS, interval: 100 }).toBe(401);
    await expect.poll(async () => (await young.topics())[0], { timeout: WITHIN_MS, interval: 100 }).toBe(200);
    put('clients.pem', ca.pem);
    put('clients.crl', await ca.revocationList());
    await expect.poll(async () => (await old.topics())[0], { timeout: WITHIN_MS, interval: 100 }).toBe(200);
    for (const each of [old, young]) each.close();
  });
});

describe('a pinned key of MDS', () => {
  it('that is withdrawn no longer opens anything within its time, cached tokens included, and one that is put back does', async () => {
    const { topics, close } = client();
    const token = bearer(await mds.sign('alice'));
    expect((await topics(token))[0]).toBe(200);
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    put('mds.pem', other);
    await expect.poll(async () => (await topics(token))[0], { timeout: WITHIN_MS, interval: 100 }).toBe(401);
    put('mds.pem', readFileSync(mds.publicKeyFile, 'utf8'));
    await expect.poll(async () => (await topics(token))[0], { timeout: WITHIN_MS, interval: 100 }).toBe(200);
    close();
  });
});
