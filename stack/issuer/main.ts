import { readFileSync } from 'node:fs';
import type { IssuerSettings } from './issuer.settings.ts';
import { startIssuerServer } from './issuer.server.ts';

const settingsFile = process.argv[2];
if (settingsFile === undefined) throw new Error('usage: node stack/issuer/main.ts <settings.json>');

process.once('SIGTERM', () => process.exit(0));
await startIssuerServer(JSON.parse(readFileSync(settingsFile, 'utf8')) as IssuerSettings);
