import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../files/cache-dir.ts';
import { classPath } from '../maven/fetch-jars.ts';
import { requireJava } from '../maven/prerequisites.ts';
import type { KafkaDistribution } from './fetch-kafka.ts';

/** Archives of loaded classes, which halve the start of a JVM; one for each of the three kinds of program. */
export type ClassArchive = 'format' | 'broker' | 'tool';

export interface JavaCommand {
  /** Arguments for `java`, up to and including the main class. */
  readonly args: (archive: ClassArchive, mainClass: string, settings?: readonly string[]) => string[];
  readonly hasArchive: (archive: ClassArchive) => boolean;
  readonly archiveFile: (archive: ClassArchive) => string;
}

// Short-lived JVMs on two cores: the simplest collector and compiler start fastest.
const QUICK = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true', '-Xlog:disable', '-Xlog:all=error:stderr'];

const HEAP: Readonly<Record<ClassArchive, readonly string[]>> = {
  format: ['-Xmx128m'],
  broker: ['-Xms128m', '-Xmx512m', '-XX:+ExitOnOutOfMemoryError'],
  tool: ['-Xmx128m'],
};

/**
 * How Kafka's programs are run here. An archive fits one Java build and one class path only, so both name its folder.
 * @param recording a normal end of the program writes its archive instead of using one
 */
export const javaCommand = (kafka: KafkaDistribution, recording = false): JavaCommand => {
  const jars = classPath(kafka.libDir);
  const fingerprint = createHash('sha256').update(requireJava()).update(jars).digest('hex').slice(0, 16);
  const archiveFile = (archive: ClassArchive): string => join(cacheDir('class-archives', fingerprint), `${archive}.jsa`);
  const hasArchive = (archive: ClassArchive): boolean => existsSync(archiveFile(archive));
  const sharing = (archive: ClassArchive): readonly string[] => {
    // A name of its own until it is whole: several stacks may start for the first time at once.
    if (recording) return [`-XX:ArchiveClassesAtExit=${archiveFile(archive)}.${process.pid}`];
    return hasArchive(archive) ? [`-XX:SharedArchiveFile=${archiveFile(archive)}`, '-Xshare:auto'] : [];
  };
  return {
    hasArchive,
    archiveFile,
    args: (archive, mainClass, settings = []) => [...sharing(archive), ...HEAP[archive], ...QUICK, ...settings, '-cp', jars, mainClass],
  };
};
