import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCa } from '../../testing/certificate-maker.js';
import { certificatesIn, readCaFile } from './ca.file.js';

let one: string;
let two: string;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ca-'));
  [one, two] = (await Promise.all([createTestCa('CA 1'), createTestCa('CA 2')])).map(({ pem }) => pem) as [string, string];
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('a file of CAs', () => {
  it('may hold several, with text between them', () => {
    expect(certificatesIn(`# first\n${one}\nsubject: x\n${two}`)).toHaveLength(2);
  });
  it.each<readonly [string, () => string]>([
    ['is empty', () => ''],
    ['is no PEM', () => 'certificate'],
    ['is cut off inside its second certificate', () => one + two.slice(0, two.length / 2)],
    ['is cut off behind its second beginning', () => `${one}-----BEGIN CERTIFICATE-----\n`],
    ['holds a block that is none', () => `${one}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`],
    ['holds a key', () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
  ])('that %s stops the start and is named', (_sentence, text) => {
    const file = join(dir, 'ca.pem');
    writeFileSync(file, text());
    expect(() => readCaFile(file, 'plugins.x.caFile')).toThrow(/^plugins\.x\.caFile: .*ca\.pem must hold certificates/);
  });
});
