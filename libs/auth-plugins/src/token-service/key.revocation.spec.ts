import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StartupError } from '../contract/startup.error.js';
import { revokeKey } from './key.revocation.js';

const NOW = Date.parse('2026-11-01T12:00:00Z');
const iso = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'revoke-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(dir, 'k.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
});
afterAll(() => rmSync(dir, { recursive: true }));

const key = (kid: string, state: string, publishedAt: string, activeAt: string | null) => ({ kid, state, privateKeyFile: 'k.pem', publishedAt, activeAt, retiredAt: null });
const revoke = async (kid: string, ...keys: object[]) => {
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ keys }), { mode: 0o600 });
  const outcome = await revokeKey({ keysFile: 'keys.json', baseDir: dir, clusterId: 'main', kid, brokerRefreshSeconds: 300, now: NOW });
  const { keys: after } = JSON.parse(readFileSync(join(dir, 'keys.json'), 'utf8')) as { keys: { kid: string; state: string; activeAt: string | null }[] };
  return { outcome, after: after.map(({ kid: id, state, activeAt }) => `${id} ${state} ${activeAt}`) };
};
const ACTIVE = key('a', 'active', iso(-9_000), iso(-9_000));

describe('revoking a signing key', () => {
  it('removes a key that does not sign, and leaves the one that does', async () => {
    expect(await revoke('old', key('old', 'retiring', iso(-99_000), iso(-99_000)), ACTIVE)).toEqual({
      outcome: { kind: 'revoked', signer: { kid: 'a', at: NOW } },
      after: [`old removed ${iso(-99_000)}`, `a active ${iso(-9_000)}`],
    });
  });
  it('hands over to the next key that brokers have known for longest, whichever stands first', async () => {
    expect((await revoke('a', ACTIVE, key('b', 'next', iso(-60), null), key('c', 'next', iso(-3_600), null))).outcome).toEqual({ kind: 'revoked', signer: { kid: 'c', at: NOW } });
  });

  it('hands over to a next key at once when brokers know it', async () => {
    expect(await revoke('a', ACTIVE, key('b', 'next', iso(-3_600), iso(86_400)))).toEqual({ outcome: { kind: 'revoked', signer: { kid: 'b', at: NOW } }, after: [`a removed ${iso(-9_000)}`, `b next ${iso(0)}`] });
  });
  it('hands over to a younger one when brokers may be expected to know it', async () => {
    expect((await revoke('a', ACTIVE, key('b', 'next', iso(-60), null))).outcome).toEqual({ kind: 'revoked', signer: { kid: 'b', at: NOW + 600_000 } });
  });
  it('removes the last one too, and says that nobody signs', async () => {
    expect(await revoke('a', ACTIVE)).toEqual({ outcome: { kind: 'revoked', signer: null }, after: [`a removed ${iso(-9_000)}`] });
  });
  it('is not undone by another order at the same time: the second one says so', async () => {
    const order = { keysFile: 'keys.json', baseDir: dir, clusterId: 'main', brokerRefreshSeconds: 300, now: NOW };
    const olds = ['x', 'y'].map((kid) => key(kid, 'retiring', iso(-99_000), iso(-99_000)));
    writeFileSync(join(dir, 'keys.json'), JSON.stringify({ keys: [ACTIVE, ...olds] }), { mode: 0o600 });
    const done = await Promise.allSettled(['x', 'y'].map((kid) => revokeKey({ ...order, kid })));
    expect(done.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { message: expect.stringContaining('another command edits these keys') as string } }]);
    const { keys: after } = JSON.parse(readFileSync(join(dir, 'keys.json'), 'utf8')) as { keys: { state: string }[] };
    expect(after.filter(({ state }) => state === 'removed')).toHaveLength(1);
    await Promise.all(['x', 'y'].map(async (kid) => revokeKey({ ...order, kid }).catch(() => null)));
    expect(existsSync(join(dir, 'keys.json.lock'))).toBe(false);
  });
  it('keeps the file to its owner', async () => {
    await revoke('a', ACTIVE);
    expect(statSync(join(dir, 'keys.json')).mode & 0o777).toBe(0o600);
  });
  it('works when somebody has deleted the leaked key already', async () => {
    expect((await revoke('gone', { ...ACTIVE, kid: 'gone', privateKeyFile: 'gone.pem' }, key('b', 'next', iso(-3_600), null))).outcome).toEqual({ kind: 'revoked', signer: { kid: 'b', at: NOW } });
  });
  it('knows a key that was removed before no more', async () => {
    expect((await revoke('old', key('old', 'removed', iso(-99_000), iso(-99_000)), ACTIVE)).outcome).toEqual({ kind: 'unknown-kid' });
  });
  it('changes nothing for a key that is not there', async () => {
    expect((await revoke('z', ACTIVE)).outcome).toEqual({ kind: 'unknown-kid' });
  });
  it('does not touch a file that is bad already', async () => {
    writeFileSync(join(dir, 'keys.json'), '{"keys":[', { mode: 0o600 });
    await expect(revokeKey({ keysFile: 'keys.json', baseDir: dir, clusterId: 'main', kid: 'a', brokerRefreshSeconds: 300, now: NOW })).rejects.toBeInstanceOf(StartupError);
  });
});
