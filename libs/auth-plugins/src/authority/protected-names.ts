import { StartupError } from '../contract/startup.error.js';

/** Kafka's name for who did not authenticate: protected whatever the settings say (I9). */
const ALWAYS = ['ANONYMOUS'];

/** Compares as a person reads: compatibility form and case folded (I9), so that "Ａdmin" is "admin". */
export const foldName = (name: string): string => name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');

/**
 * Names that no caller ever gets: super users, brokers, Postern's own.
 * @throws StartupError for an empty list: minting without one could make anyone a super user
 */
export const createProtectedNames = (names: readonly string[]): ((name: string) => boolean) => {
  if (names.length === 0) throw new StartupError('identity.protectedNames is empty: name the super users, the brokers and Postern itself');
  const folded = new Set([...names, ...ALWAYS].map(foldName));
  return (name) => folded.has(foldName(name));
};
