import type { DirectoryDriver } from './directory.driver.js';
import type { DirectorySettings } from './directory.settings.js';
import { ldapjsDriver } from './ldapjs.driver.js';
import { ldaptsDriver } from './ldapts.driver.js';

/** The LDAP libraries by the name that settings give them. */
export const DRIVERS: Readonly<Record<DirectorySettings['driver'], DirectoryDriver>> = { ldapjs: ldapjsDriver, ldapts: ldaptsDriver };
