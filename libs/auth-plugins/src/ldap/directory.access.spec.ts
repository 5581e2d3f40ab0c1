import { describe, expect, it } from 'vitest';
import { createDirectoryAccess } from './directory.access.js';
import { DirectoryFailure, type BindAnswer, type DirectoryConnection } from './directory.driver.js';

const access = ({ down = [], bind = () => ({ kind: 'bound' }), service = true }: { down?: readonly string[]; bind?: () => BindAnswer; service?: boolean } = {}) => {
  let now = 1_800_000_000_000;
  const tried: string[] = [];
  const away = new Set(down);
  const mute = new Set<string>();
  const origin = new WeakMap<DirectoryConnection, string>();
  const made = createDirectoryAccess({
    driver: {
      connect: async ({ url }) => {
        tried.push(url);
        if (away.has(url)) throw new DirectoryFailure('connect');
        const connection: DirectoryConnection = { isOpen: true, destroy: () => undefined, bind: async () => bind(), search: async () => {
          if (mute.has(url)) throw new DirectoryFailure('protocol');
          return { kind: 'entries', entries: [] };
        } };
        origin.set(connection, url);
        return connection;
      },
    },
    servers: [{ url: 'one', connectTimeoutMs: 1_000 }, { url: 'two', connectTimeoutMs: 1_000 }],
    service: service ? { dn: 'cn=s', password: { reveal: () => 'p' } } : null,
    connections: { search: 1, bind: 1, waiting: 1 },
    clock: { now: () => now },
    report: () => undefined,
  });
  const signal = new AbortController().signal;
  /** One connection opened and thrown away. */
  const open = (pool: 'searches' | 'binds') => made[pool].lease(signal, async () => ({ answer: 'opened', keep: false }));
  /** Where a use goes that the pool may keep, and what it makes of servers that answer nothing. */
  const use = (pool: 'searches' | 'binds') => made[pool].lease(signal, async (connection) => {
    const url = origin.get(connection) ?? '';
    if (mute.has(url)) throw new DirectoryFailure('protocol');
    return { answer: url, keep: true };
  });
  return { open, use, mute, recheck: () => made.recheck('dc=x', signal), tried, away, later: (seconds: number) => (now += seconds * 1000) };
};

describe('access to a directory', () => {
  it('goes to the next server when one is away, and stays with it', async () => {
    const { open, tried, away } = access({ down: ['one'] });
    await open('binds');
    await open('binds');
    expect(tried).toEqual(['one', 'two', 'two']);
    away.delete('one');
    away.add('two');
    await open('binds');
    expect(tried).toEqual(['one', 'two', 'two', 'two', 'one']);
  });
  it('fails when all servers are away', async () => {
    const { open, tried } = access({ down: ['one', 'two'] });
    await expect(open('binds')).rejects.toThrow('connect');
    expect(tried).toEqual(['one', 'two']);
  });
  it('binds as the service account for searches only', async () => {
    let binds = 0;
    const { open } = access({
      bind: () => {
        binds += 1;
        return { kind: 'bound' };
      },
    });
    await open('searches');
    expect(binds).toBe(1);
    await open('binds');
    expect(binds).toBe(1);
  });
  it('leaves a refused service account alone for ten seconds, or logins would lock it', async () => {
    let binds = 0;
    let right = false;
    const { open, later } = access({
      bind: () => {
        binds += 1;
        return { kind: right ? 'bound' : 'invalid-credentials' };
      },
    });
    for (let n = 0; n < 20; n += 1) await expect(open('searches')).rejects.toThrow('service-account');
    expect(binds).toBe(1);
    right = true;
    later(10);
    expect(await open('searches')).toBe('opened');
  });
  it('puts a search that one server does not answer to the next, and stays there', async () => {
    const { use, mute } = access();
    expect(await use('searches')).toBe('one');
    mute.add('one');
    expect([await use('searches'), await use('searches')]).toEqual(['two', 'two']);
    // Back, but nobody has asked it yet.
    mute.delete('one');
    expect(await use('searches')).toBe('two');
  });
  it('puts a bind to one server only: a second one could count a wrong password twice', async () => {
    const { use, mute } = access();
    mute.add('one');
    await expect(use('binds')).rejects.toThrow('protocol');
    expect(await use('binds')).toBe('two');
  });
  it('goes back to the first when a probe finds it well, with connections to the other in the pool', async () => {
    const { use, mute, recheck } = access();
    mute.add('one');
    expect(await use('searches')).toBe('two');
    await recheck();
    expect(await use('searches')).toBe('two');
    mute.delete('one');
    await recheck();
    expect([await use('searches'), await use('binds')]).toEqual(['one', 'one']);
  });
  it('probes nobody who never failed', async () => {
    const { use, recheck, tried } = access();
    await use('searches');
    await recheck();
    expect(tried).toEqual(['one']);
  });
  it('fails a search when no server answers it', async () => {
    const { use, mute } = access();
    mute.add('one').add('two');
    await expect(use('searches')).rejects.toThrow('protocol');
  });
  it('without a service account has no searches', async () => {
    const { use } = access({ service: false });
    await expect(use('searches')).rejects.toThrow('service-account');
    expect(await use('binds')).toBe('one');
  });
});
