import { authoritiesSchema, createNamedGroups, entraPlugin, ldapPlugin, mdsPlugin, mtlsPlugin, oidcPlugin, type Plugin, type PluginDependencies } from '@postern/auth-plugins';
import { parseBlock } from '../config/load-settings.js';
import { SettingsError } from '../config/settings-error.js';
import { gateGroups } from '../gate/gate.js';
import type { Settings } from '../config/settings.schema.js';

/** Every type of plugin that this build knows. A new way in is one entry here and one folder in libs/auth-plugins. */
const CATALOGUE = { ldap: ldapPlugin, entra: entraPlugin, mds: mdsPlugin, mtls: mtlsPlugin, oidc: oidcPlugin } as const;
type PluginType = keyof typeof CATALOGUE;

const isKnown = (type: string): type is PluginType => Object.hasOwn(CATALOGUE, type);

export type PluginParts = Omit<PluginDependencies, 'namedGroups'>;

/** Groups that any rule names, for plugins that have to ask for them. */
export const namedGroupsOf = (settings: Settings): ((authority: string) => readonly string[]) => createNamedGroups(parseBlock('authorities', authoritiesSchema, settings.authorities), gateGroups(settings.gate));

/** Makes one configured plugin, which parses its own block. @throws SettingsError for an unknown type or a bad block */
export const createPlugin = (block: Settings['plugins'][number], i: number, dependencies: PluginDependencies): Plugin => {
  const at = `plugins.${i}`;
  if (!isKnown(block.type)) throw new SettingsError([`${at}.type: unknown plugin type; known are ${Object.keys(CATALOGUE).join(', ')}`]);
  switch (block.type) {
    case 'ldap':
      return ldapPlugin.create(parseBlock(at, ldapPlugin.schema, block), dependencies);
    case 'entra':
      return entraPlugin.create(parseBlock(at, entraPlugin.schema, block), dependencies);
    case 'mds':
      return mdsPlugin.create(parseBlock(at, mdsPlugin.schema, block), dependencies);
    case 'mtls':
      return mtlsPlugin.create(parseBlock(at, mtlsPlugin.schema, block), dependencies);
    case 'oidc':
      return oidcPlugin.create(parseBlock(at, oidcPlugin.schema, block), dependencies);
  }
};
