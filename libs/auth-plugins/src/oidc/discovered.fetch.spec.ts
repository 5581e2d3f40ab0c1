import { describe, expect, it } from 'vitest';
import { createDiscoveredFetch, documentUrl } from './discovered.fetch.js';
import { oidcSchema } from './oidc.settings.js';

const ISSUER = 'https://id.example.test/realms/corp';

/** An issuer by a table of documents; every address that is asked for is kept. */
const discover = async (document: unknown, hosts: readonly string[] = []) => {
  const asked: string[] = [];
  const codes: string[] = [];
  const fetch = createDiscoveredFetch({
    issuer: ISSUER, hosts, onRefused: (code) => void codes.push(code),
    createFetch: ({ url }) => async () => {
      asked.push(url);
      return url === documentUrl(ISSUER) ? (typeof document === 'string' ? document : JSON.stringify(document)) : 'the keys';
    },
  });
  return { text: await fetch(new AbortController().signal).catch(() => null), asked: asked.slice(1), codes };
};

describe('discovered keys', () => {
  it.each([
    ['https://id.example.test', 'https://id.example.test/.well-known/openid-configuration'],
    ['https://id.example.test/', 'https://id.example.test/.well-known/openid-configuration'],
    [ISSUER, `${ISSUER}/.well-known/openid-configuration`],
  ])('of %s are described at %s', (issuer, url) => {
    expect(documentUrl(issuer)).toBe(url);
  });
  it("on the issuer's own host are fetched", async () => {
    expect(await discover({ issuer: ISSUER, jwks_uri: `${ISSUER}/certs` })).toEqual({ text: 'the keys', asked: [`${ISSUER}/certs`], codes: [] });
  });
  it('on a configured host are fetched', async () => {
    expect((await discover({ issuer: ISSUER, jwks_uri: 'https://keys.example.test:8443/jwks' }, ['keys.example.test:8443'])).text).toBe('the keys');
  });
  it.each<readonly [string, unknown, string]>([
    ['of another issuer', { issuer: `${ISSUER}/`, jwks_uri: `${ISSUER}/certs` }, 'another-issuer'],
    ['without an issuer', { jwks_uri: `${ISSUER}/certs` }, 'another-issuer'],
    ['with keys on another host', { issuer: ISSUER, jwks_uri: 'https://attacker.test/certs' }, 'jwks-uri-refused'],
    ['with keys on another port', { issuer: ISSUER, jwks_uri: 'https://id.example.test:8443/certs' }, 'jwks-uri-refused'],
    ['with keys on a host that only ends like it', { issuer: ISSUER, jwks_uri: 'https://evil-id.example.test/certs' }, 'jwks-uri-refused'],
    ['with the host as a login name', { issuer: ISSUER, jwks_uri: 'https://id.example.test@attacker.test/certs' }, 'jwks-uri-refused'],
    ['with keys over http', { issuer: ISSUER, jwks_uri: 'http://id.example.test/certs' }, 'jwks-uri-refused'],
    ['with keys in a file', { issuer: ISSUER, jwks_uri: 'file:///etc/passwd' }, 'jwks-uri-refused'],
    ['without keys', { issuer: ISSUER }, 'jwks-uri-refused'],
    ['that is a page', '<!doctype html>', 'not-json'],
  ])('by a document %s are not fetched', async (_sentence, document, code) => {
    expect(await discover(document)).toEqual({ text: null, asked: [], codes: [code] });
  });
});

describe('settings', () => {
  const BASE = { id: 'k', type: 'oidc', authority: 'a', issuer: ISSUER, audiences: ['x'], jwksUrl: `${ISSUER}/certs` };
  it.each<readonly [string, object]>([
    ['neither an address of keys nor discovery', { jwksUrl: undefined }],
    ['both', { discovery: {} }],
    ['http for keys', { jwksUrl: 'http://id/certs' }],
    ['an issuer over http', { issuer: 'http://id.example.test' }],
    ['an issuer with a query', { issuer: `${ISSUER}?x=1` }],
    ['a shared-secret algorithm', { algorithms: ['HS256'] }],
    ['no algorithm', { algorithms: [] }],
    ['no audience', { audiences: [] }],
    ['a host with a path', { jwksUrl: undefined, discovery: { hosts: ['a.test/x'] } }],
  ])('refuse %s', (_sentence, over) => {
    expect(oidcSchema.safeParse(BASE).success).toBe(true);
    expect(oidcSchema.safeParse({ ...BASE, ...over }).success).toBe(false);
  });
});
