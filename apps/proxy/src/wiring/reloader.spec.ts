import { noteRead } from '@postern/auth-plugins';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { LoadedSettings } from '../config/load-settings.js';
import { Alarms } from '../telemetry/alarms.js';
import { buildSnapshot, type SnapshotParts } from './build-snapshot.js';
import { Reloader } from './reloader.js';
import { Snapshots } from './snapshot.js';

/** A reloader over one file whose text is the log level; no plugins, and surroundings that may fail when they are taken. */
const setUp = () => {
  const log = pino({ enabled: false });
  const state = { file: 'info', failing: false, told: [] as boolean[] };
  const load = (): LoadedSettings => {
    noteRead('/settings', state.file);
    return { settings: { log: { level: state.file }, identity: {}, limits: {}, plugins: [], listeners: [], clusters: [], authorities: [{ id: 'corp', admits: { principals: ['alice'] }, kafkaNames: { owns: 'plain' } }] }, pathOf: (path: string) => path } as unknown as LoadedSettings;
  };
  const parts: SnapshotParts = {
    plugins: { clock: { now: () => 0 }, baseDir: '/' },
    identity: () => ({ authorities: { ids: [] }, tokens: { reserved: { issuers: [], audiences: [] } } }) as never,
    runs: new Map(),
    now: () => 0,
  };
  const firstReads = new Map<string, string>();
  const first = buildSnapshot(load(), parts, null, firstReads);
  const snapshots = new Snapshots(first.snapshot);
  const reloader = new Reloader({
    load, snapshots, first, firstReads, parts, log,
    alarms: new Alarms(log, new Registry()),
    stage: () => ({ take: async () => (state.failing ? Promise.reject(new Error('disk full')) : undefined) }),
    onBad: (isBad) => state.told.push(isBad),
    onRead: async () => undefined,
  });
  const reload = async (file: string, failing = false) => {
    Object.assign(state, { file, failing });
    await reloader.reload('files');
    return snapshots.current.settings.log.level;
  };
  return { reload, state };
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
