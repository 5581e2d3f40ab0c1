import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRuns } from './authentication.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Program text without specs and comments, by path. */
const sources = globSync(['apps/proxy/src/**/*.ts', 'libs/*/src/**/*.ts'], { cwd: root })
  .filter((file) => !file.endsWith('.spec.ts'))
  .map((file) => [file, readFileSync(`${root}${file}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')] as const);
const filesWith = (pattern: RegExp) => sources.filter(([, text]) => pattern.test(text)).map(([file]) => file);

describe('what stands in one place only', () => {
  it('a plugin id that is registered twice stops the start (I7)', () => {
    expect(() => createRuns(['corp', 'corp'], 1_000)).toThrow('corp is registered twice');
    expect([...createRuns(['corp', 'other'], 1_000).keys()]).toEqual(['corp', 'other']);
  });
  it.each<readonly [string, RegExp, readonly string[]]>([
    ['strategies are registered, by one name each (I7)', /passport\.use\(/, ['apps/proxy/src/authn/strategy-run.ts']],
    ['guards of passport are made (I7)', /\bAuthGuard\(/, ['apps/proxy/src/authn/strategy-run.ts']],
    ["Postern's own session is opened, for readiness (I23)", /\bsystemSession\b/, ['apps/proxy/src/wiring/kafka.ts', 'libs/kafka/src/index.ts']],
  ])('%s', (_sentence, pattern, files) => {
    expect(filesWith(pattern).toSorted()).toEqual([...files].toSorted());
  });
});

describe('docs/invariants.md', () => {
  const rows = [...readFileSync(`${root}docs/invariants.md`, 'utf8').matchAll(/^\| (I\d+|Must [\d-]+) \|.*\| (.*) \|$/gm)].map(([, line = '', held = '']) => [line, [...held.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file)] as const);
  it('names for each line a spec that is there', () => {
    expect(rows.map(([line]) => line).slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, i) => `I${i + 1}`));
    expect(rows.filter(([line]) => line.startsWith('Must')).length).toBeGreaterThan(0);
    expect(rows.filter(([, files]) => files.length === 0 || !files.every((file) => existsSync(`${root}${file}`)))).toEqual([]);
  });
});
