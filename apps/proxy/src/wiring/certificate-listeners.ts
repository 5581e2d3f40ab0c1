import type { CertificateTrust } from '@postern/auth-plugins';
import type { ListenerConfig } from '../config/settings.schema.js';
import { SettingsError } from '../config/settings-error.js';

/** Listeners that ask for certificates and a plugin that judges them belong together. @throws SettingsError naming the one that stands alone */
export const assertCertificateListeners = (listeners: readonly ListenerConfig[], certificates: CertificateTrust | null): void => {
  const asking = listeners.filter((listener) => listener.kind === 'tls' && listener.clientCertificate !== 'none');
  const [first] = asking;
  if (first !== undefined && certificates === null) throw new SettingsError([`listeners.${first.name}.clientCertificate: needs a plugin of type mtls, which says which CAs are trusted`]);
  if (first === undefined && certificates !== null) throw new SettingsError(['plugins: mtls is configured, and no listener has clientCertificate: identity, required or optional']);
};
