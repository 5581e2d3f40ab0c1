import { describe, expect, it } from 'vitest';
import { inDialectOf, TOOLS } from './tool.dialect.ts';

describe("Kafka's own tools", () => {
  it.each([
    ['4.3.1', 'acls', ['--list', '--command-config', 'f'], 'org.apache.kafka.tools.AclCommand', ['--list', '--command-config', 'f']],
    ['4.3.1', 'console-consumer', ['--formatter-property', 'print.key=true'], 'org.apache.kafka.tools.consumer.ConsoleConsumer', ['--formatter-property', 'print.key=true']],
    ['3.9.2', 'acls', ['--list', '--command-config', 'f'], 'kafka.admin.AclCommand', ['--list', '--command-config', 'f']],
    ['3.9.2', 'offsets', ['--topic', 'a', '--command-config', 'f'], 'org.apache.kafka.tools.GetOffsetShell', ['--topic', 'a', '--command-config', 'f']],
    ['3.9.2', 'console-consumer', ['--command-config', 'f', '--formatter-property', 'a=b', '--command-property', 'c=d'], 'org.apache.kafka.tools.consumer.ConsoleConsumer', ['--consumer.config', 'f', '--property', 'a=b', '--consumer-property', 'c=d']],
    ['3.9.2', 'console-producer', ['--command-config', 'f', '--reader-property', 'a=b'], 'kafka.tools.ConsoleProducer', ['--producer.config', 'f', '--property', 'a=b']],
  ] as const)('of %s: %s %j is %s %j', (version, tool, args, mainClass, told) => {
    expect(inDialectOf(version, tool, args)).toEqual({ mainClass, args: told });
  });

  it('of an unknown version are called as the newest are', () => {
    expect(inDialectOf('unknown', 'dump-log', []).mainClass).toBe(TOOLS['dump-log']);
  });
});
