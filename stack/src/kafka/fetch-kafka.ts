import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../files/cache-dir.ts';
import { fetchJars, type Progress } from '../maven/fetch-jars.ts';
import { StackError } from '../stack-error.ts';

const here = (file: string): string => fileURLToPath(new URL(`../../kafka/${file}`, import.meta.url));

export const DEFAULT_KAFKA_VERSION = '4.3.1';

export interface KafkaDistribution {
  readonly version: string;
  /** The folder that holds every jar of the broker and of Kafka's own tools. */
  readonly libDir: string;
}

/**
 * Apache Kafka's jars, fetched once and cached. POSTERN_KAFKA_LIBS names the libs folder of an existing distribution.
 * @throws StackError with what to install or to mend
 */
export const fetchKafka = async (version = DEFAULT_KAFKA_VERSION, progress: Progress = () => {}): Promise<KafkaDistribution> => {
  const own = process.env['POSTERN_KAFKA_LIBS'];
  if (own !== undefined) {
    if (!existsSync(own)) throw new StackError(`POSTERN_KAFKA_LIBS names no folder: ${own}`);
    return { version: 'as installed', libDir: own };
  }
  const checksums = here(`${version}.sha256`);
  if (!existsSync(checksums)) throw new StackError(`Kafka ${version} has no list of checksums in stack/kafka`);
  const libDir = await fetchJars(
    { title: `Kafka ${version}`, pom: here('pom.xml'), checksums, targetDir: join(cacheDir(`kafka-${version}`), 'libs'), properties: { 'kafka.version': version } },
    progress,
  );
  return { version, libDir };
};

export const LOG_SETTINGS = here('log4j2.properties');
