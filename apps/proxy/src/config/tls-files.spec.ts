import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCa } from '../../../../libs/auth-plugins/testing/certificate-maker.js';
import { loadSettings } from './load-settings.js';
import { SettingsError } from './settings-error.js';
import { readTlsFiles } from './tls-files.js';

let dir: string;
let own = '';
let issuing = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tls-files-'));
  const ca = await createTestCa('Servers');
  const leaf = await ca.issue({ subject: 'localhost' });
  [own, issuing] = [leaf.pem, ca.pem];
  writeFileSync(join(dir, 'key.pem'), leaf.key, { mode: 0o600 });
});
afterAll(() => rmSync(dir, { recursive: true }));

const read = (pem: string) => {
  writeFileSync(join(dir, 'cert.pem'), pem);
  return () => readTlsFiles('listeners.public.tls', { certFile: 'cert.pem', keyFile: 'key.pem' }, (path) => join(dir, path));
};

describe('the certificate of a listener', () => {
  it('may bring its chain', () => {
    expect(read(own + issuing)).not.toThrow();
  });
  it.each([
    ['a chain that is cut off', () => own + issuing.slice(0, 200)],
    ['a chain whose second part is none', () => `${own}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`],
    ['no certificate of its own', () => issuing],
  ])('is refused before anything is put in force, with %s', (_, pem) => {
    expect(read(pem())).toThrow(SettingsError);
    expect(read(pem())).toThrow('listeners.public.tls');
  });
});

describe('a settings file', () => {
  it('of more than 1 MiB is refused, because requests wait for its parser', () => {
    writeFileSync(join(dir, 'settings.yaml'), '# comment\n'.repeat(120_000));
    expect(() => loadSettings(join(dir, 'settings.yaml'), {})).toThrow('cannot be read');
  });
});
