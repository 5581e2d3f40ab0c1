import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { proxyEnvironment } from './proxy.environment.ts';

const sample: unknown = parse(readFileSync(new URL('../../../apps/proxy/postern.sample.yaml', import.meta.url), 'utf8'));

const at = (path: string): unknown => path.split('__').reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], sample);

const environment = proxyEnvironment({
  baseDir: '/run',
  ports: { public: 1, management: 2, jwks: 3 },
  bootstrap: { minted: '127.0.0.1:4', caller: '127.0.0.1:5' },
  directory: { url: 'ldaps://127.0.0.1:6' },
  issuer: {
    v1: { issuer: 'https://sts.example.test/', audience: 'a', jwksUrl: 'https://127.0.0.1:7/keys', tokenUrl: 't' },
    v2: { issuer: 'https://127.0.0.1:7/v2.0', audience: 'b', jwksUrl: 'https://127.0.0.1:7/v2.0/keys', tokenUrl: 't' },
    graph: { url: 'https://127.0.0.1:7', tokenUrl: 'https://127.0.0.1:7/token', clientSecretFile: '/run/issuer/secret' },
  },
});
const overrides = Object.entries(environment).filter(([name]) => name.startsWith('POSTERN__'));

describe('what the stack changes in the sample settings', () => {
  it.each(overrides)('%s is a value that the sample has, of the same kind', (name, value) => {
    const before = at(name.slice('POSTERN__'.length));
    const after: unknown = parse(value);
    expect(before).toBeDefined();
    expect([typeof after, Array.isArray(after)]).toEqual([typeof before, Array.isArray(before)]);
  });

  it('keeps the matrix whole: the row of the caller listener names the issuer that the listener trusts', () => {
    expect(at('clusters__0__credentials__2__listener')).toBe('caller-token');
    expect(at('clusters__0__listeners__1__name')).toBe('caller-token');
    expect(environment['POSTERN__clusters__0__credentials__2__from']).toBe(environment['POSTERN__clusters__0__listeners__1__trusts__issuer']);
    expect(environment['POSTERN__plugins__1__versions__v2__issuer']).toBe(environment['POSTERN__clusters__0__credentials__2__from']);
  });
});
