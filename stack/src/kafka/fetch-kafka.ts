import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../files/cache-dir.ts';
import { fetchJars, type Progress } from '../maven/fetch-jars.ts';
import { StackError } from '../stack-error.ts';
import { checksumsOf, DEFAULT_KAFKA_VERSION, pomOf, versionIn } from './kafka.versions.ts';

export interface KafkaDistribution {
  readonly version: string;
  /** The folder that holds every jar of the broker and of Kafka's own tools. */
  readonly libDir: string;
}

/**
 * Apache Kafka's jars, fetched once and cached. POSTERN_KAFKA_LIBS names the libs folder of an existing distribution, which
 * stands in for the default version; a version that is asked for by name is always that one.
 * @throws StackError with what to install or to mend
 */
export const fetchKafka = async (version?: string, progress: Progress = () => {}): Promise<KafkaDistribution> => {
  const own = process.env['POSTERN_KAFKA_LIBS'];
  if (own !== undefined && version === undefined) {
    if (!existsSync(own)) throw new StackError(`POSTERN_KAFKA_LIBS names no folder: ${own}`);
    return { version: versionIn(own), libDir: own };
  }
  const wanted = version ?? DEFAULT_KAFKA_VERSION;
  const checksums = checksumsOf(wanted);
  if (checksums === null) throw new StackError(`Kafka ${wanted} has no list of checksums in stack/kafka`);
  const libDir = await fetchJars(
    { title: `Kafka ${wanted}`, pom: pomOf(wanted), checksums, targetDir: join(cacheDir(`kafka-${wanted}`), 'libs'), properties: { 'kafka.version': wanted } },
    progress,
  );
  return { version: wanted, libDir };
};
