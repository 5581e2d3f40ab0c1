import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const stackFile = (file: string): string => fileURLToPath(new URL(`../../kafka/${file}`, import.meta.url));

export const DEFAULT_KAFKA_VERSION = '4.3.1';

/** Before 4.0 Kafka logs through the first log4j and its programs have other names; 3.9 is the last of those lines. */
export const isBeforeFour = (version: string): boolean => /^[0-3]\./.test(version);

/** The POM that names all jars of a version. */
export const pomOf = (version: string): string => stackFile(isBeforeFour(version) ? 'pom-3.9.xml' : 'pom.xml');

/** The JVM setting that sends a version's log to standard output. */
export const logSetting = (version: string): string =>
  isBeforeFour(version) ? `-Dlog4j.configuration=file:${stackFile('log4j.properties')}` : `-Dlog4j2.configurationFile=${stackFile('log4j2.properties')}`;

/** A version that the stack can fetch has a list of checksums. */
export const checksumsOf = (version: string): string | null => {
  const file = stackFile(`${version}.sha256`);
  return existsSync(file) ? file : null;
};

/** The version of a distribution that somebody else unpacked, as its own jars tell. */
export const versionIn = (libDir: string): string => {
  const [, version = 'unknown'] = readdirSync(libDir).map((file) => /^kafka-clients-(.+)\.jar$/.exec(file)).find((found) => found !== null) ?? [];
  return version;
};
