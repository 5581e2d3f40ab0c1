import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigningKeys, sleep, type SigningKeyEntry } from '../../stack/src/index.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, bearer } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* Keys that change under callers who do not stop: the issuer's, and then Postern's own. */
const MAIN = fileURLToPath(new URL('../../dist/apps/proxy/src/main.js', import.meta.url));
const SETTINGS = fileURLToPath(new URL('../../apps/proxy/postern.sample.yaml', import.meta.url));
const PER_SECOND = 200;

let stack: Stack;
let proxy: RunningProxy;
let keysAsTheyWere: string;
beforeAll(async () => {
  stack = theStack();
  keysAsTheyWere = readFileSync(stack.minted.keysFile, 'utf8');
  proxy = await runProxy(stack);
});
afterAll(async () => {
  writeKeys(keysAsTheyWere);
  await sleep(2_500);
  await proxy?.stop();
});

const writeKeys = (text: string): void => {
  writeFileSync(`${stack.minted.keysFile}.new`, text, { mode: 0o600 });
  renameSync(`${stack.minted.keysFile}.new`, stack.minted.keysFile);
};

/** Calls at a fixed rate, whatever the answers do, while `act` runs; counts answers by status. */
const underLoad = async (authorization: () => string, act: () => Promise<void>): Promise<{ readonly statuses: Record<string, number>; readonly perSecond: number }> => {
  const statuses: Record<string, number> = {};
  const calls: Promise<void>[] = [];
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * PER_SECOND);
    while (calls.length < due) {
      calls.push(
        proxy.call('/topics', { authorization: authorization() }).then(
          ({ status }) => void (statuses[status] = (statuses[status] ?? 0) + 1),
          (error: NodeJS.ErrnoException) => void (statuses[error.code ?? 'failed'] = (statuses[error.code ?? 'failed'] ?? 0) + 1),
        ),
      );
    }
  }, 10);
  await act();
  clearInterval(timer);
  const seconds = (performance.now() - startedAt) / 1_000;
  await Promise.all(calls);
  return { statuses, perSecond: calls.length / seconds };
};

const signedBy = () => proxy.log().split('\n').filter((line) => line.includes('"phase":"minted"')).map((line) => (JSON.parse(line) as { kid: string }).kid);

describe('keys that change under 200 callers a second', () => {
  it('the issuer\'s: tokens of the new key are good from the first one, those of the old key until they are withdrawn, and no answer is 401 or 503', async () => {
    const tokens = [await stack.issuer.sign('orders-service', 'api://postern-v1')];
    let i = 0;
    const before = (await stack.issuer.requestCounts()).keys;
    const { statuses, perSecond } = await underLoad(
      () => bearer(tokens[i++ % tokens.length] ?? ''),
      async () => {
        await sleep(1_000);
        await stack.issuer.rotateKeys();
        tokens.push(await stack.issuer.sign('orders-service', 'api://postern-v1'), await stack.issuer.sign('orders-service', 'api://postern-v1'));
        await sleep(2_000);
      },
    );
    expect(Object.keys(statuses)).toEqual(['200']);
    expect(perSecond).toBeGreaterThan(PER_SECOND * 0.9);
    // One fetch taught both versions' stores at most once each.
    expect((await stack.issuer.requestCounts()).keys - before).toBeLessThanOrEqual(2);
  });

  it('Postern\'s own: published, then signing at its time, and no answer is 401 or 503', async () => {
    const next = await createSigningKeys(join(dirname(stack.minted.keysFile), 'next'), false);
    const { keys } = JSON.parse(keysAsTheyWere) as { keys: SigningKeyEntry[] };
    const published = new Date(Date.now() - 3_600_000).toISOString();
    const entry = (activeAt: number): SigningKeyEntry => ({ kid: next.kid, state: 'next', privateKeyFile: `next/${next.kid}.pem`, publishedAt: published, activeAt: new Date(activeAt).toISOString(), retiredAt: null });
    const old = (keys[0] as SigningKeyEntry).kid;
    let i = 0;
    // Several callers, two of whom bring new tokens, so that Postern makes tokens all the time.
    const callers = [basic('alice', 'alice-secret'), basic('dave', 'p:a:ss wörd'), bearer(await stack.issuer.sign('orders-service', 'api://postern-v1')), bearer(await stack.issuer.sign('orders-service', 'api://postern-v1'))];
    const { statuses, perSecond } = await underLoad(
      () => callers[i++ % callers.length] ?? '',
      async () => {
        const activeAt = Date.now() + 7_000;
        writeKeys(JSON.stringify({ keys: [...keys, entry(activeAt)] }));
        await expect.poll(() => readFileSync(proxy.proxy.jwksFile, 'utf8'), { timeout: 5_000 }).toContain(next.kid);
        while (Date.now() < activeAt + 500) {
          await sleep(500);
          callers[2] = bearer(await stack.issuer.sign('orders-service', 'api://postern-v1'));
        }
        // From here on every session renews with the new key.
        await sleep(1_000);
        callers[3] = bearer(await stack.issuer.sign('orders-service', 'api://postern-v1'));
        await sleep(1_500);
      },
    );
    expect(Object.keys(statuses)).toEqual(['200']);
    expect(perSecond).toBeGreaterThan(PER_SECOND * 0.9);
    expect(signedBy()).toContain(old);
  });

  it('keys revoke drops a key, its tokens and sessions at once, and its callers go on with the next key', async () => {
    const { keys } = JSON.parse(keysAsTheyWere) as { keys: SigningKeyEntry[] };
    const old = (keys[0] as SigningKeyEntry).kid;
    const known = signedBy().length;
    const run = (kid: string) => spawnSync(process.execPath, [MAIN, 'keys', 'revoke', '--cluster', 'main', '--kid', kid, '--config', SETTINGS], { encoding: 'utf8', timeout: 20_000, env: { ...process.env, POSTERN_BASE_DIR: stack.runDir } });
    expect(run('no-such-key')).toMatchObject({ status: 1, stdout: "postern: cluster 'main' has no key 'no-such-key'\n" });
    const revoked = run(old);
    expect([revoked.status, revoked.stdout]).toEqual([0, expect.stringMatching(new RegExp(`^postern: key '${old}' of cluster 'main' is revoked; '.+' signs from `))]);
    await expect.poll(() => readFileSync(proxy.proxy.jwksFile, 'utf8'), { timeout: 5_000 }).not.toContain(old);
    const answers = await Promise.all(['alice-secret', 'alice-secret'].map((password) => proxy.call('/topics', { authorization: basic('alice', password) })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await expect.poll(() => signedBy().slice(known).length).toBeGreaterThan(0);
    expect(signedBy().slice(known)).not.toContain(old);
  });
});
