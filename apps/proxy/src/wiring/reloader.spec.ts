import { collectReads, noteRead } from '@postern/auth-plugins';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, expect, it, vi } from 'vitest';
import type { LoadedSettings } from '../config/load-settings.js';
import { Alarms } from '../telemetry/alarms.js';
import { buildSnapshot, type SnapshotParts } from './build-snapshot.js';
import { Reloader } from './reloader.js';
import { Snapshots } from './snapshot.js';

/** A reloader over one file whose text is the log level; no plugins, and surroundings that may fail when they are taken. */
const setUp = () => {
  const log = pino({ enabled: false });
  const state = { file: 'info', failing: false, told: [] as boolean[], include: null as string | null, onRead: async (): Promise<void> => undefined };
  const load = (): LoadedSettings => {
    noteRead('/settings', state.file);
    if (state.include !== null) noteRead('/included', state.include);
    return { settings: { log: { level: state.file }, identity: {}, limits: {}, plugins: [], listeners: [], clusters: [], authorities: [{ id: 'corp', admits: { principals: ['alice'] }, kafkaNames: { owns: 'plain' } }] }, pathOf: (path: string) => path } as unknown as LoadedSettings;
  };
  const parts: SnapshotParts = {
    plugins: { clock: { now: () => 0 }, baseDir: '/' },
    identity: () => ({ authorities: { ids: [] }, tokens: { reserved: { issuers: [], audiences: [] } } }) as never,
    runs: new Map(),
    now: () => 0,
  };
  const firstReads = new Map<string, string>();
  const first = buildSnapshot(collectReads(firstReads, load), parts, null, firstReads);
  const snapshots = new Snapshots(first.snapshot);
  const reloader = new Reloader({
    load, snapshots, first, firstReads, parts, log,
    alarms: new Alarms(log, new Registry()),
    stage: () => ({ take: async () => (state.failing ? Promise.reject(new Error('disk full')) : undefined) }),
    onBad: (isBad) => state.told.push(isBad),
    onRead: () => state.onRead(),
  });
  const reload = async (file: string, failing = false) => {
    Object.assign(state, { file, failing });
    await reloader.reload('files');
    return snapshots.current.settings.log.level;
  };
  return { reload, state, reloader, snapshots };
};

it('a snapshot that was taken in part is not called mended by files that were in force before it', async () => {
  const { reload, state } = setUp();
  expect(await reload('warn')).toBe('warn');
  expect([await reload('error', true), state.told]).toEqual(['error', [true]]);
  expect([await reload('warn'), state.told]).toEqual(['warn', [true, false]]);
});

it('what could not be done is done at the next look, though no file has changed', async () => {
  const { reload, state } = setUp();
  await reload('warn', true);
  await reload('warn', true);
  expect(state.told).toEqual([true, true]);
  await reload('warn');
  expect(state.told).toEqual([true, true, false]);
});

afterEach(() => void vi.useRealTimers());

it('what could not be done is done within a minute, though nobody looks', async () => {
  vi.useFakeTimers();
  const { reload, state } = setUp();
  await reload('warn', true);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(state.told).toEqual([true, true]);
  state.failing = false;
  await vi.advanceTimersByTimeAsync(61_000);
  expect(state.told).toEqual([true, true, false]);
});

it('a file that is named for the first time and changes before it is watched is taken as it is then', async () => {
  const { reload, state, snapshots } = setUp();
  let looked = 0;
  state.include = 'as it was read';
  state.onRead = async () => {
    if (looked++ === 0) state.include = 'as it is by now';
  };
  await reload('warn');
  expect([looked, snapshots.current.number]).toEqual([2, 3]);
});

it('after its end nothing is taken any more, and what was under way is done', async () => {
  const { reload, state, reloader, snapshots } = setUp();
  let release = (): void => undefined;
  state.onRead = () => new Promise((resolve) => (release = resolve));
  state.file = 'warn';
  void reloader.reload('files');
  await vi.waitFor(() => expect(snapshots.current.settings.log.level).toBe('warn'));
  let hasEnded = false;
  const end = reloader.end().then(() => (hasEnded = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasEnded).toBe(false);
  release();
  await end;
  expect(await reload('error')).toBe('warn');
});
