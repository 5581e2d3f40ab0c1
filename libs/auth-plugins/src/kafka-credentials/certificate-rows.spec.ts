import { describe, expect, it } from 'vitest';
import { checkMatrix, type MatrixPlugin } from './matrix.check.js';

const MDS = { kind: 'mds', issuer: 'Confluent' } as const;
const cluster = (from: string, source: 'minted' | 'mds' | 'caller') => ({ id: 'main', listeners: [{ name: 'minted', trusts: { kind: 'token-service' } as const }, { name: 'mds', trusts: MDS }], credentials: [{ from, source, listener: source === 'minted' ? 'minted' : 'mds' }] });
const plugin = (over: Partial<MatrixPlugin>): MatrixPlugin => ({ id: 'p', authority: 'corp', claims: [{ scheme: 'certificate' }], ...over });
const passwords = plugin({ id: 'ldap', claims: [{ scheme: 'basic' }] });
const impersonated = plugin({ id: 'mtls', mdsIssuer: 'Confluent' });

describe('the row of callers by certificate', () => {
  it.each<[string, Parameters<typeof checkMatrix>, string]>([
    ['is their authority\'s, minted', [cluster('authority:corp', 'minted'), [plugin({})], ['main']], 'minted'],
    ['is their authority\'s, with tokens of MDS where it impersonates', [cluster('authority:corp', 'mds'), [impersonated], []], 'mds'],
    ['cannot have tokens of MDS without impersonation', [cluster('authority:corp', 'mds'), [plugin({})], []], 'these callers have no token of MDS'],
    ['cannot show a token that nobody presented', [cluster('authority:corp', 'caller'), [plugin({})], []], 'these callers present no token'],
    ['is shared with passwords of the authority, minted', [cluster('authority:corp', 'minted'), [passwords, plugin({ id: 'mtls' })], ['main']], 'minted'],
    ['cannot have tokens of MDS for passwords that MDS never saw', [cluster('authority:corp', 'mds'), [passwords, impersonated], []], 'these callers have no token of MDS'],
    ['must not be missing', [cluster('elsewhere', 'minted'), [plugin({})], ['main']], 'no enabled plugin has callers from there'],
  ])('%s', (_, given, expected) => {
    const said = () => {
      try {
        return checkMatrix(...given).get('authority:corp')?.source ?? 'no row';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(said()).toContain(expected);
  });
});
