import { isBeforeFour } from './kafka.versions.ts';

/** Kafka's own command-line programs, by the name of their scripts. */
export const TOOLS = {
  acls: 'org.apache.kafka.tools.AclCommand',
  configs: 'kafka.admin.ConfigCommand',
  topics: 'org.apache.kafka.tools.TopicCommand',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  offsets: 'org.apache.kafka.tools.GetOffsetShell',
  'dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'console-producer': 'org.apache.kafka.tools.ConsoleProducer',
} as const;

export type ToolName = keyof typeof TOOLS;

const CLASSES_BEFORE_FOUR: Partial<Record<ToolName, string>> = {
  acls: 'kafka.admin.AclCommand',
  'dump-log': 'kafka.tools.DumpLogSegments',
  'console-producer': 'kafka.tools.ConsoleProducer',
};

/** The two console programs got the other tools' options in Kafka 4.2 (KIP-1147); before, each had its own. */
const OPTIONS_BEFORE_FOUR: Partial<Record<ToolName, Readonly<Record<string, string>>>> = {
  'console-consumer': { '--command-config': '--consumer.config', '--command-property': '--consumer-property', '--formatter-property': '--property' },
  'console-producer': { '--command-config': '--producer.config', '--command-property': '--producer-property', '--reader-property': '--property' },
};

/** The program and its options as this version of Kafka knows them; callers write them as Kafka 4.3 does. */
export const inDialectOf = (version: string, tool: ToolName, args: readonly string[]): { readonly mainClass: string; readonly args: readonly string[] } => {
  if (!isBeforeFour(version)) return { mainClass: TOOLS[tool], args };
  const options = OPTIONS_BEFORE_FOUR[tool] ?? {};
  return { mainClass: CLASSES_BEFORE_FOUR[tool] ?? TOOLS[tool], args: args.map((arg) => options[arg] ?? arg) };
};
