import { Gauge } from 'prom-client';
import type { Snapshots } from './snapshot.js';

/** Which snapshot is in force, for how long, and whether a newer one was refused (I27). */
export const snapshotGauges = (snapshots: Snapshots, isBad: () => boolean): Gauge[] => [
  new Gauge({ name: 'postern_snapshot_number', help: 'Number of the snapshot of settings, keys and CAs that is in force', registers: [], collect() { this.set(snapshots.current.number); } }),
  new Gauge({ name: 'postern_snapshot_age_seconds', help: 'How long it has been in force', registers: [], collect() { this.set(Math.round((Date.now() - snapshots.current.takenAt) / 1_000)); } }),
  new Gauge({ name: 'postern_snapshot_refused', help: '1 while a newer one is bad and the old one is kept', registers: [], collect() { this.set(isBad() ? 1 : 0); } }),
];
