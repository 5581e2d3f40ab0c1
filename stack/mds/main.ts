import { readFileSync } from 'node:fs';
import { startMdsServer } from './mds.server.ts';
import type { MdsSettings } from './mds.settings.ts';

const settingsFile = process.argv[2];
if (settingsFile === undefined) throw new Error('usage: node stack/mds/main.ts <settings.json>');

process.once('SIGTERM', () => process.exit(0));
await startMdsServer(JSON.parse(readFileSync(settingsFile, 'utf8')) as MdsSettings);
