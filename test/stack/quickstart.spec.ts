import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demonstrate } from '../../stack/quickstart/demo.ts';
import { writeReport } from '../../stack/quickstart/report.ts';
import { startEverything, type Everything } from '../../stack/quickstart/start-everything.ts';
import { stack } from '../setup/stack.ts';
import { readTopic } from '../setup/read-topic.ts';

describe('the quickstart', () => {
  const runDir = mkdtempSync(join(stack().runDir, 'quickstart-'));
  let everything: Everything;

  beforeAll(async () => {
    everything = await startEverything({ runDir, lifetime: 'parent', usualPorts: false, progress: () => {} });
  });
  afterAll(() => everything.stop());

  it('gets from every line that it prints the answer that it promises', async () => {
    const lines: string[] = [];
    expect(demonstrate(everything, (line) => lines.push(line))).toBe(0);
    const statuses = lines.flatMap((line) => /^ {2}(\d{3})$/m.exec(line)?.[1] ?? []);
    expect(statuses).toEqual(['200', '200', '200', '401', '200', '200', '403']);
    const values = (await readTopic(everything.kafka, 'orders')).map((record) => record.value?.toString('utf8'));
    expect(values).toEqual(['{"n":1}', '{"n":1}', '{"n":1}']);
    expect(await readTopic(everything.kafka, 'payments')).toEqual([]);
  });

  it('knows alice by her password and by her token of MDS as one principal', () => {
    const audits = readFileSync(everything.proxy.logFile, 'utf8').split('\n').filter((line) => line.includes('"kind":"audit"')).map((line) => JSON.parse(line) as Record<string, unknown>);
    const alice = audits.filter((record) => record['principal'] === 'alice' && record['operation'] === 'api.v2.produce-to-topic');
    expect(alice.map((record) => record['plugin'])).toEqual(['corp-ldap', 'corp-mds']);
    expect(new Set(alice.map((record) => record['principalKey'])).size).toBe(1);
  });

  it('leaves an owner-only report with all that a program needs', () => {
    const file = join(runDir, 'quickstart.json');
    writeReport(file, runDir, everything);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      proxy: { url: everything.proxy.url, caFile: join(runDir, 'tls', 'ca.crt') },
      kafka: { bootstrap: { minted: everything.kafka.bootstrap['minted'], callerToken: everything.kafka.bootstrap['caller'] }, version: '4.3.1' },
      mds: { url: everything.mds.url },
      topics: ['orders', 'payments'],
      pids: { proxy: everything.proxy.pid, kafka: everything.kafka.pid, directory: everything.directory.pid, issuer: everything.issuer.pid, mds: everything.mds.pid },
    });
  });

  it.each(['keys/main/keys.json', 'directory/service.password', 'tls/proxy.key', 'tls/broker.pem', 'kafka/server.properties', 'kafka/admin.properties', 'issuer/issuer.json', 'mds/token.private.pem', 'mds/mds.json'])(
    'lets nobody else read %s',
    (file) => {
      expect(statSync(join(runDir, file)).mode & 0o077).toBe(0);
    },
  );
});
