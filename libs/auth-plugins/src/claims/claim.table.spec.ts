import { describe, expect, it } from 'vitest';
import type { Claim } from '../contract/plugin.js';
import { StartupError } from '../contract/startup.error.js';
import { parseAuthorization } from '../credential/authorization.parser.js';
import { createClaimTable } from './claim.table.js';

const plugin = (id: string, ...claims: Claim[]) => ({ id, claims });
const ldap = plugin('corp-ldap', { scheme: 'basic' });
const entra = plugin('entra', { scheme: 'bearer', issuer: 'https://idp/v2.0', audiences: ['api'] }, { scheme: 'bearer', issuer: 'https://sts/' });
const oidc = plugin('oidc', { scheme: 'bearer', issuer: 'https://idp/v2' });

const bearer = (payload: object | string) => {
  const json = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const token = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(json).toString('base64url')}.c2ln`;
  return parseAuthorization(['Authorization', `Bearer ${token}`]);
};
const routed = (credential: ReturnType<typeof parseAuthorization>) => {
  const route = createClaimTable([ldap, entra, oidc]).route(credential);
  return route.kind === 'plugin' ? route.plugin.id : route.kind;
};

describe('the claim table', () => {
  it('gives Basic to the one plugin that claims it', () => {
    expect(routed(parseAuthorization(['Authorization', 'Basic YTpi']))).toBe('corp-ldap');
  });
  it.each([
    ['the exact issuer', { iss: 'https://idp/v2.0' }, 'entra'],
    ['a second issuer of one plugin', { iss: 'https://sts/' }, 'entra'],
    ['an issuer that is a prefix of another', { iss: 'https://idp/v2' }, 'oidc'],
    ['an issuer with another slash', { iss: 'https://sts' }, 'unclaimed'],
    ['an issuer in another case', { iss: 'https://IDP/v2.0' }, 'unclaimed'],
    ['an issuer as array', { iss: ['https://sts/'] }, 'unclaimed'],
    ['no issuer', { sub: 'x' }, 'unclaimed'],
    ['an empty issuer', { iss: '' }, 'unclaimed'],
    ['two issuers in one payload', '{"iss":"https://sts/","iss":"https://idp/v2.0"}', 'unclaimed'],
  ])('routes a token with %s to where it belongs', (_sentence, payload, expected) => {
    expect(routed(bearer(payload))).toBe(expected);
  });
  it.each([
    ['an opaque bearer token', parseAuthorization(['Authorization', 'Bearer opaque'])],
    ['another scheme', parseAuthorization(['Authorization', 'Negotiate YII='])],
    ['no credential', parseAuthorization([])],
  ])('leaves %s unclaimed', (_sentence, credential) => {
    expect(routed(credential)).toBe('unclaimed');
  });
  it('leaves Basic unclaimed when no plugin takes it', () => {
    expect(createClaimTable([entra]).route(parseAuthorization(['Authorization', 'Basic YTpi'])).kind).toBe('unclaimed');
  });
});

describe('the start stops', () => {
  const reserved = { issuers: ['https://postern'], audiences: ['kafka-main'] };
  it.each([
    ['two plugins claim Basic', [ldap, plugin('mds', { scheme: 'basic' })], ['corp-ldap', 'mds']],
    ['two plugins claim one issuer', [entra, plugin('other', { scheme: 'bearer', issuer: 'https://sts/' })], ['entra', 'other']],
    ['one plugin claims one issuer twice', [plugin('twice', { scheme: 'bearer', issuer: 'x' }, { scheme: 'bearer', issuer: 'x' })], ['twice']],
    ['two plugins have one id', [ldap, plugin('corp-ldap')], ['corp-ldap']],
    ["a plugin accepts the token service's issuer", [plugin('loop', { scheme: 'bearer', issuer: 'https://postern' })], ['loop', 'https://postern']],
    ["a plugin accepts the token service's audience", [plugin('loop', { scheme: 'bearer', issuer: 'y', audiences: ['a', 'kafka-main'] })], ['loop', 'kafka-main']],
  ])('when %s', (_sentence, plugins, named) => {
    const start = () => createClaimTable(plugins, reserved);
    expect(start).toThrow(StartupError);
    for (const name of named) expect(start).toThrow(name);
  });
});
