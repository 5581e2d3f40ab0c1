import { setTimeout as delay } from 'node:timers/promises';
import { basic, bearer } from '../../api/https.client.ts';
import { same, secondsUntil, type Checks } from './checks.ts';
import { ask, underUnknownKey } from './callers.ts';
import { CLIENTS, serviceToken } from './realms.ts';
import type { Servers } from './servers.ts';

/** Between two fetches that an unknown key may cause (docs/guides/security.md), and a second more. */
const COOL_DOWN_MS = 31_000;
/** Verified tokens are remembered this long at most. */
const CACHE_SECONDS = 60;

/** The realm's key changes under callers, and is then withdrawn. */
export const checkRotation = async (servers: Servers, { check }: Pick<Checks, 'check'>, say: (line: string) => void): Promise<void> => {
  const { apps } = servers.realms;
  const { read } = ask(servers);
  const [old, unseen] = await Promise.all([serviceToken(apps, CLIENTS.orders), serviceToken(apps, CLIENTS.orders)]);
  await delay(COOL_DOWN_MS);
  await check('under a new key old tokens and new ones are good at once, for 40 callers at the same time', async () => {
    await apps.addKey('RS256');
    const renewed = await Promise.all(Array.from({ length: 20 }, () => serviceToken(apps, CLIENTS.orders)));
    const statuses = await Promise.all([...renewed, ...Array.from({ length: 20 }, () => old)].map(read));
    same(new Set(statuses), new Set([200]));
  });
  await check('a key that signs at once, soon after another was fetched, is good when the cool-down is over', async () => {
    await apps.addKey('RS256');
    const token = await serviceToken(apps, CLIENTS.orders);
    const before = await read(token);
    say(`its first answer was ${before}; good ${(await secondsUntil(200, COOL_DOWN_MS / 1_000, () => read(token))).toFixed(0)} s later`);
  });
  await check('a key that was published and read before it signs is good at once, whatever was fetched before', async () => {
    const sign = await apps.publishKey('RS256');
    await delay(COOL_DOWN_MS);
    // What the hourly refresh does: the set is read.
    same(await read(underUnknownKey(old)), 401);
    await sign();
    same(await read(await serviceToken(apps, CLIENTS.orders)), 200);
  });
  await check('a withdrawn key is believed until the set is read again, then no longer', async () => {
    same([await read(old), await apps.withdrawOlderKeys('RS256')], [200, undefined]);
    await delay(COOL_DOWN_MS);
    same(await read(old), 200);
    await apps.addKey('RS256');
    same(await read(await serviceToken(apps, CLIENTS.orders)), 200);
    same(await read(unseen), 401);
    const seconds = await secondsUntil(401, CACHE_SECONDS + 5, () => read(old));
    say(`a remembered token of the withdrawn key was refused ${seconds.toFixed(0)} s after the set was read`);
  });
};

/** Keycloak freezes and stops, and comes back. */
export const checkOutages = async (servers: Servers, { check }: Pick<Checks, 'check'>, say: (line: string) => void): Promise<void> => {
  const { keycloak, proxy, realms } = servers;
  const { read } = ask(servers);
  const [known, second, third] = await Promise.all([1, 2, 3].map(() => serviceToken(realms.apps, CLIENTS.orders)));
  const answer = async (token: string): Promise<readonly unknown[]> => {
    const { status, headers, ms } = await proxy.call('/topics', { authorization: bearer(token) });
    return [status, headers['retry-after'] !== undefined, headers['www-authenticate'] === undefined, ms < 6_000];
  };
  const undecided = [503, true, true, true];
  await delay(COOL_DOWN_MS);
  await check('frozen: tokens of known keys go on, of unknown ones are 503 in time', async () => {
    keycloak.freeze();
    try {
      same(await read(known ?? ''), 200);
      same(await answer(underUnknownKey(known ?? '')), undecided);
      same(await read(second ?? ''), 200);
    } finally {
      keycloak.thaw();
    }
  });
  await keycloak.stop();
  await delay(COOL_DOWN_MS);
  await check('stopped: tokens of known keys go on, of unknown ones are 503', async () => {
    same(await read(second ?? ''), 200);
    same(await answer(underUnknownKey(second ?? '')), undecided);
    same(await read(third ?? ''), 200);
  });
  await check('a proxy that starts without it says 503 and lets others in', async () => {
    await proxy.proxy.restart();
    same(await answer(third ?? ''), undecided);
    same((await proxy.call('/topics', { authorization: basic('alice', 'alice-secret') })).status, 200);
  });
  await check('and finds it by itself when it is back', async () => {
    await keycloak.restart();
    const seconds = await secondsUntil(200, 40, () => read(third ?? ''));
    say(`good again ${seconds.toFixed(0)} s after Keycloak was back`);
    same(await read(await serviceToken(realms.apps, CLIENTS.orders)), 200);
  });
};
