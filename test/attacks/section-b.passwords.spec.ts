import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { startDirectory, type Certificates, type Directory } from '../../stack/src/index.ts';
import { basic, type Answer } from '../api/https.client.ts';
import { runProxy, type RunningProxy } from '../api/running-proxy.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { caseCount } from './case.count.ts';
import { rawCall } from './raw.call.ts';

/*
 * Section B of the attack cases, at a running proxy over a directory of its own. What only shows inside the plugin (binds
 * counted, results 2, referrals, certificates) is in test/identity.
 */
let stack: Stack;
let directory: Directory;
let proxy: RunningProxy;
const { it: attack, sent } = caseCount('B');

beforeAll(async () => {
  stack = theStack();
  directory = await startDirectory({ certificates: stack.certificates as Certificates, usualPorts: false, lifetime: 'parent', runDir: mkdtempSync(join(stack.runDir, 'attack-directory-')) });
  proxy = await runProxy(stack, {
    directory,
    environment: { POSTERN__plugins__0__service__passwordFile: directory.service.passwordFile, POSTERN__plugins__0__cache__credentialSeconds: '2', POSTERN__plugins__0__failureBudget: '{lockoutThreshold: 5, windowSeconds: 300}' },
  });
}, 120_000);
afterAll(async () => {
  await proxy?.stop();
  await directory?.stop();
});

const call = (authorization: string): Promise<Answer> => {
  sent();
  return proxy.call('/topics', { authorization });
};
const login = async (name: string, password: string): Promise<number> => (await call(basic(name, password))).status;
describe('section B: passwords', () => {
  attack(45, 'an empty password, one of blanks, or a NUL inside, is 401', async () => {
    for (const [name, password] of [['alice', ''], ['carol', ' '], ['alice', 'alice-secret\u0000'], ['alice\u0000', 'alice-secret'], ['', ''], ['', 'x']] as const) expect([name, password, await login(name, password)]).toEqual([name, password, 401]);
  });
  attack(46, 'names made of filter characters are nobody', async () => {
    for (const name of ['*', 'al*', 'admin)(|(uid=*', '\\2a', ')(objectClass=*', '*)(uid=*))(|(uid=*', 'alice)(!(uid=x)', '(', '\\']) expect([name, await login(name, 'alice-secret')]).toEqual([name, 401]);
  });
  attack(47, 'another spelling of a name is the one canonical principal or nobody, never a second principal', async () => {
    let taken = 0;
    for (const name of ['alice', 'ALICE', 'Alice', ' alice', 'alice ', 'ａｌｉｃｅ', 'alice\u200b', 'uid=alice,ou=people,dc=example,dc=test', 'al\\69ce', 'alıce']) {
      const seen = await login(name, 'alice-secret');
      expect([name, seen]).toEqual([name, expect.toBeOneOf([200, 401])]);
      if (seen === 200) taken += 1;
    }
    const records = () => proxy.audits().filter((record) => record['status'] === 200);
    await expect.poll(() => records().length).toBe(taken);
    expect(new Set(records().map((record) => `${String(record['principal'])} ${String(record['principalKey'])}`)).size).toBe(1);
  });
  attack(49, 'EXTERNAL and PLAIN are names like any other', async () => {
    for (const name of ['EXTERNAL', 'PLAIN', 'GSSAPI', 'anonymous']) expect([name, await login(name, 'x')]).toEqual([name, 401]);
  });
  attack(53, 'a known and an unknown name get the same answer', async () => {
    const shape = ({ status, headers, body }: Answer) => ({ status, body, challenge: headers['www-authenticate'], length: headers['content-length'], names: Object.keys(headers).toSorted() });
    const [known, unknown] = [await call(basic('dave', 'guess')), await call(basic('nobody-at-all', 'guess'))];
    expect(shape(known)).toEqual(shape(unknown));
    expect(known.status).toBe(401);
  });
  attack(51, 'the same wrong password a thousand times is answered from memory and does not lock the account', async () => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => login('odd.person', 'wrong')));
    expect(answers.filter((one) => one !== 401 && one !== 429)).toEqual([]);
    expect(await login('odd.person', 'odd-secret')).toBe(200);
  });
  attack(50, 'many passwords for one name are 429 with Retry-After, before the directory locks the account', async () => {
    const answers: Answer[] = [];
    for (let i = 0; i < 30; i++) answers.push(await call(basic('bob', `guess-${i}`)));
    expect(answers.at(-1)?.status).toBe(429);
    expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await directory.readPerson('bob', ['pwdAccountLockedTime']))['pwdAccountLockedTime'] ?? []).toEqual([]);
  });
  attack(54, 'a password that was changed and an account that was locked end within the time of the cache', async () => {
    // erin is in no group: 403 says that her password was right.
    expect(await login('erin', 'erin-secret')).toBe(403);
    await directory.changePassword('erin', 'erin-new');
    await expect.poll(() => login('erin', 'erin-secret'), { timeout: 10_000, interval: 300 }).toBe(401);
    expect(await login('erin', 'erin-new')).toBe(403);
    await directory.lock('erin');
    await expect.poll(() => login('erin', 'erin-new'), { timeout: 10_000, interval: 300 }).toBe(401);
  });
  attack(55, 'a header of a megabyte, and bytes that are no UTF-8', async () => {
    const raw = (header: Buffer) => {
      sent();
      return rawCall(proxy.proxy.url, proxy.proxy.caFile, Buffer.concat([Buffer.from('GET /topics HTTP/1.1\r\nHost: localhost\r\nAuthorization: '), header, Buffer.from('\r\nConnection: close\r\n\r\n')]));
    };
    expect(await raw(Buffer.from(`Basic ${'A'.repeat(1_000_000)}`))).toBe(431);
    expect(await raw(Buffer.from(`Basic ${Buffer.from([0x61, 0xff, 0xfe, 0x3a, 0x62]).toString('base64')}`))).toBeOneOf([400, 401]);
    expect(await raw(Buffer.concat([Buffer.from('Basic '), Buffer.from([0xff, 0xc3, 0x28])]))).toBeOneOf([400, 401]);
  });
  attack(48, 'a name that two entries have is 401', async () => {
    // Both entries are found by their surname, which the second proxy takes as the name of a login.
    const twice = await runProxy(stack, { directory, environment: { POSTERN__plugins__0__service__passwordFile: directory.service.passwordFile, POSTERN__plugins__0__users__loginAttribute: 'objectClass' } });
    sent();
    expect((await twice.call('/topics', { authorization: basic('person', 'carol-secret') })).status).toBe(401);
    await twice.stop();
  });
  attack(52, 'a directory that is gone is 503 and never an answer about the password', async () => {
    await directory.stop();
    await expect.poll(() => login('carol', 'carol-secret'), { timeout: 10_000, interval: 250 }).toBe(503);
    expect(await login('nobody-at-all', 'x')).toBe(503);
  });
});
