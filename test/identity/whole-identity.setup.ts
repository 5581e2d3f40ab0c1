import { createAuthorities, createCredentialMatrix, createTokenService, entraPlugin, type MintRecord } from '@postern/auth-plugins';
import { ADMITTED_GROUP, createSigningKeys, TENANT } from '../../stack/src/index.ts';
import type { StackDescription } from '../setup/stack.description.ts';
import { ldapFor } from './ldap-plugin.setup.ts';

const clock = { now: () => Date.now() };

/** Everything that this library gives the application, set up as the sample settings do it. */
export const wholeIdentity = async ({ issuer, directory }: StackDescription, keysDir: string, { lifeSeconds = 300, maxProofAgeSeconds = 600 } = {}) => {
  const keys = await createSigningKeys(keysDir);
  const records: MintRecord[] = [];
  const ldap = ldapFor(directory).plugin;
  const version = ({ issuer: iss, audience, jwksUrl }: StackDescription['issuer']['v1']) => ({ issuer: iss, audiences: [audience], jwksUrl });
  const entraSettings = entraPlugin.schema.parse({
    id: 'demo-entra', type: 'entra', authority: 'demo-tenant', tenant: TENANT, caFile: issuer.caFile, versions: { v1: version(issuer.v1), v2: version(issuer.v2) },
  });
  const entra = entraPlugin.create(entraSettings, { clock, baseDir: '/' });
  const authorities = createAuthorities({
    protectedNames: ['admin', 'broker', 'postern'],
    authorities: [
      { id: 'corp', admits: { groups: [`CN=kafka-users, OU=groups, ${directory.baseDn}`] }, kafkaNames: { owns: 'plain' } },
      { id: 'demo-tenant', admits: { groups: [ADMITTED_GROUP] }, kafkaNames: { owns: 'guid' } },
    ],
  });
  const tokens = createTokenService({
    issuer: 'https://postern.example.test',
    lifeSeconds,
    maxProofAgeSeconds,
    clusters: [{ id: 'main', audience: 'kafka-main', keysFile: keys.keysFile, jwksFile: keys.jwksFile }],
    authorities,
    clock,
    audit: (record) => void records.push(record),
  });
  const matrix = createCredentialMatrix({
    plugins: [ldap, entra],
    authorities,
    tokens,
    maxProofAgeSeconds,
    clock,
    clusters: [
      {
        id: 'main',
        listeners: [
          { name: 'minted', trusts: { kind: 'token-service' } },
          { name: 'caller', trusts: { kind: 'issuer', issuer: issuer.v2.issuer, audiences: [issuer.v2.audience], principalClaim: 'oid' } },
        ],
        credentials: [
          { from: 'authority:corp', source: 'minted', listener: 'minted' },
          { from: issuer.v1.issuer, source: 'minted', listener: 'minted' },
          { from: issuer.v2.issuer, source: 'caller', listener: 'caller' },
        ],
      },
    ],
  });
  return { keys, records, ldap, entra, authorities, tokens, matrix };
};
