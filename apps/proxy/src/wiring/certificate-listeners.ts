import type { CertificateTrust, Plugin } from '@postern/auth-plugins';
import type { ListenerConfig } from '../config/settings.schema.js';
import { SettingsError } from '../config/settings-error.js';

/** Listeners that ask for certificates and a plugin that judges them belong together. @throws SettingsError naming the one that stands alone */
export const assertCertificateListeners = (listeners: readonly ListenerConfig[], certificates: CertificateTrust | null): void => {
  const asking = listeners.filter((listener) => listener.kind === 'tls' && listener.clientCertificate !== 'none');
  const [first] = asking;
  if (first !== undefined && certificates === null) throw new SettingsError([`listeners.${first.name}.clientCertificate: needs a plugin of type mtls, which says which CAs are trusted`]);
  if (first === undefined && certificates !== null) throw new SettingsError(['plugins: mtls is configured, and no listener has clientCertificate: identity, required or optional']);
};

/**
 * A certificate's name is the subject of its principal, a directory's entry has an id: in one authority both would be two principals
 * with one Kafka name (I8, I9). @throws SettingsError naming both plugins
 */
export const assertCertificatesStandAlone = (plugins: readonly Pick<Plugin, 'id' | 'type' | 'authority'>[]): void => {
  for (const { id, authority } of plugins.filter(({ type }) => type === 'mtls')) {
    const other = plugins.find((plugin) => plugin.id !== id && plugin.authority === authority);
    if (other !== undefined) throw new SettingsError([`plugins: '${id}' and '${other.id}' share the authority '${authority}': callers by certificate need one of their own`]);
  }
};
