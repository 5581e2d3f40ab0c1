import { describe, expect, it } from 'vitest';
import type { CertificateTrust } from '@postern/auth-plugins';
import type { ListenerConfig } from '../config/settings.schema.js';
import { assertCertificateListeners, assertCertificatesStandAlone } from './certificate-listeners.js';

const listener = (clientCertificate: 'none' | 'identity') => ({ name: 'public', kind: 'tls', clientCertificate }) as ListenerConfig;
const trust = {} as CertificateTrust;

describe('settings of client certificates', () => {
  it.each<[string, () => void, string | null]>([
    ['a listener that asks, and a plugin that judges', () => assertCertificateListeners([listener('identity')], trust), null],
    ['neither', () => assertCertificateListeners([listener('none')], null), null],
    ['a listener that asks, and nobody who judges', () => assertCertificateListeners([listener('identity')], null), 'listeners.public.clientCertificate: needs a plugin of type mtls'],
    ['a plugin that nobody shows anything', () => assertCertificateListeners([listener('none')], trust), 'no listener has clientCertificate'],
    ['certificates in an authority of their own', () => assertCertificatesStandAlone([{ id: 'apps', type: 'mtls', authority: 'services' }, { id: 'corp', type: 'ldap', authority: 'corp' }]), null],
    ['certificates in the authority of a directory', () => assertCertificatesStandAlone([{ id: 'apps', type: 'mtls', authority: 'corp' }, { id: 'dir', type: 'ldap', authority: 'corp' }]), "'apps' and 'dir' share the authority 'corp'"],
  ])('%s', (_, check, said) => {
    if (said === null) expect(check).not.toThrow();
    else expect(check).toThrow(said);
  });
});
