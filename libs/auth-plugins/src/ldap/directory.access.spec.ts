import { describe, expect, it } from 'vitest';
import { createDirectoryAccess } from './directory.access.js';
import { DirectoryFailure, type BindAnswer, type DirectoryConnection } from './directory.driver.js';

const access = ({ down = [], bind = () => ({ kind: 'bound' }) }: { down?: readonly string[]; bind?: () => BindAnswer } = {}) => {
  let now = 1_800_000_000_000;
  const tried: string[] = [];
  const away = new Set(down);
  const made = createDirectoryAccess({
    driver: {
      connect: async ({ url }) => {
        tried.push(url);
        if (away.has(url)) throw new DirectoryFailure('connect');
        const connection: DirectoryConnection = { isOpen: true, destroy: () => undefined, bind: async () => bind(), search: async () => ({ kind: 'entries', entries: [] }) };
        return connection;
      },
    },
    servers: [{ url: 'one', connectTimeoutMs: 1_000 }, { url: 'two', connectTimeoutMs: 1_000 }],
    service: { dn: 'cn=s', password: { reveal: () => 'p' } },
    connections: { search: 1, bind: 1, waiting: 1 },
    clock: { now: () => now },
    report: () => undefined,
  });
  const signal = new AbortController().signal;
  /** One connection opened and thrown away. */
  const open = (pool: 'searches' | 'binds') => made[pool].lease(signal, async () => ({ answer: 'opened', keep: false }));
  return { open, tried, away, later: (seconds: number) => (now += seconds * 1000) };
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
});
