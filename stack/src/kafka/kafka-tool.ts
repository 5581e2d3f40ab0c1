import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import type { KafkaDistribution } from './fetch-kafka.ts';
import { javaCommand } from './java-command.ts';
import { inDialectOf, type ToolName } from './tool.dialect.ts';

export interface ToolRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolOptions {
  readonly stdin?: string;
  /** How standard output is read: latin1 keeps every byte as one character. Default utf8. */
  readonly encoding?: 'utf8' | 'latin1';
  /** -D... settings of the JVM. */
  readonly javaSettings?: readonly string[];
  /** Write the class archive of tools at the end: for the one run that prepares it. */
  readonly recording?: boolean;
  /** Ended with SIGKILL after this; default 30 s. */
  readonly timeoutMs?: number;
}

/** Runs one of Kafka's own tools, called as Kafka 4.3 calls it, in a JVM of its own (about 1 s) and gives back what it wrote; it does not judge it. */
export const kafkaTool = async (kafka: KafkaDistribution, tool: ToolName, args: readonly string[], options: ToolOptions = {}): Promise<ToolRun> => {
  const { mainClass, args: own } = inDialectOf(kafka.version, tool, args);
  const java = spawn('java', [...javaCommand(kafka, options.recording).args('tool', mainClass, options.javaSettings), ...own], {
    timeout: options.timeoutMs ?? 30_000,
    killSignal: 'SIGKILL',
  });
  java.stdin.on('error', () => {}); // A tool that ends before it read its input is judged by its exit code.
  java.stdin.end(options.stdin ?? '');
  const [stdout, stderr, [exitCode]] = await Promise.all([buffer(java.stdout), text(java.stderr), once(java, 'close') as Promise<[number | null]>]);
  return { exitCode: exitCode ?? -1, stdout: stdout.toString(options.encoding), stderr };
};
