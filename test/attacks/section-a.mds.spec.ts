import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { startMds, type Certificates, type Mds, type MdsFault } from '../../stack/src/index.ts';
import { basic, type Answer } from '../api/https.client.ts';
import { runProxy, type RunningProxy } from '../api/running-proxy.ts';
import { directoryBlock } from '../identity/mds-plugin.setup.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { caseCount } from './case.count.ts';

/* Section A of the attack cases, where MDS takes the passwords: what it answers is no more trusted than what a caller says. */
let stack: Stack;
let mds: Mds;
let proxy: RunningProxy;
const { it: attack, sent } = caseCount('A');
const LOGIN_MS = 1_000;

beforeAll(async () => {
  stack = theStack();
  mds = await startMds({ certificates: stack.certificates as Certificates, usualPorts: false, lifetime: 'parent', runDir: mkdtempSync(join(stack.runDir, 'attack-mds-')), directory: stack.directory });
  proxy = await runProxy(stack, {
    environment: {
      POSTERN__plugins__0: JSON.stringify({ id: 'corp-mds', type: 'mds', authority: 'corp', urls: [mds.url], caFile: mds.caFile, publicKeyFiles: [mds.publicKeyFile], directory: directoryBlock(stack.directory), nodeTimeoutMs: 400, loginDeadlineMs: LOGIN_MS, cache: { credentialSeconds: 0, negativeSeconds: 0 } }),
      POSTERN__plugins__0__urls: JSON.stringify([mds.url]),
      POSTERN__clusters__0__credentials__3: JSON.stringify({ from: 'Confluent', source: 'minted', listener: 'minted' }),
    },
  });
}, 120_000);
afterAll(async () => {
  await proxy?.stop();
  await mds?.stop();
});

const login = (): Promise<Answer> => {
  sent();
  return proxy.call('/topics', { authorization: basic('alice', 'alice-secret') });
};
const shape = ({ status, headers }: Answer) => [status, Number(headers['retry-after']) > 0, headers['www-authenticate']];

describe('section A: passwords at MDS', () => {
  attack(41, 'an answer for another than the user who asked is 503, and nothing of it is kept', async () => {
    expect((await login()).status).toBe(200);
    for (const claims of [{ sub: 'dave' }, { sub: 'admin' }, { sub: 'alice ' }, { sub: '' }, { sub: null }]) {
      await mds.shapeTokens({ claims });
      expect([claims, ...shape(await login())]).toEqual([claims, 503, true, undefined]);
    }
    await mds.shapeTokens();
    expect((await login()).status).toBe(200);
    expect(proxy.audits().some((record) => record['status'] === 200 && record['principal'] !== undefined && record['principal'] !== 'alice')).toBe(false);
  });
  attack(42, 'MDS that is slow, broken, elsewhere, huge, no JSON or packed is 503 in time, and well again afterwards', async () => {
    for (const fault of ['broken', 'stall', 'drip', 'html', 'redirect', 'huge', 'cut', 'bad-json', 'no-token', 'gzip', 'forbidden'] as const satisfies readonly MdsFault[]) {
      await mds.fault(fault);
      const answer = await login();
      expect([fault, ...shape(answer), answer.ms < LOGIN_MS + 3_000]).toEqual([fault, 503, true, undefined, true]);
    }
    await mds.fault('none');
    expect((await login()).status).toBe(200);
  });
  attack(43, 'MDS without its token service is 503, with a hint in the log', async () => {
    await mds.fault('no-bearer');
    expect(shape(await login())).toEqual([503, true, undefined]);
    await mds.fault('none');
    await expect.poll(() => proxy.log().split('\n').filter((line) => line.includes('"plugin"') && line.includes('corp-mds') && line.includes('404')).length).toBeGreaterThan(0);
  });
});
