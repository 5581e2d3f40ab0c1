import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupConsumerSettings } from '@postern/kafka';
import type { TestSessions } from '../../../kafka/test-sessions.ts';
import type { CallerNow } from '../short-tokens.ts';
import type { Ledger } from './ledger.ts';
import type { Chance } from './random.ts';
import { GROUP, KEPT, REBORN } from './topics.ts';

export interface Other {
  readonly sessions: TestSessions;
  readonly callerNow: CallerNow;
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly isOver: () => boolean;
}

const POLL = { maxRecords: 500, maxBytes: 1_000_000, maxWaitMs: 400 };
/** `close` and `unsubscribe` have the cluster's deadline. */
const BROKER_DEADLINE_MS = 10_000;

/** Follows a partition from its start; what it was given, in order. Ends once it has all of `until()`. */
export const follow = async ({ sessions, callerNow, chance, ledger, isOver }: Other, topic: string, partition: number, until: () => bigint | null): Promise<readonly bigint[]> => {
  const offsets: bigint[] = [];
  for (let offset = 0n; !isOver() || until() === null || offset < (until() ?? 0n); ) {
    const request = { topic, partition, offset, maxRecords: chance.int(1, 1_000), maxBytes: 1_000_000, maxWaitMs: chance.int(0, 500) };
    const told = await ledger.call('fetch', callerNow, chance.pick([800, 1_500, 5_000]), (caller, deadline) => sessions.as(caller, (session) => session.fetch(request, { deadline })));
    if (told.kind === 'failed') {
      if (['OFFSET_OUT_OF_RANGE', 'UNKNOWN_TOPIC', 'UNKNOWN_PARTITION', 'TOPIC_AUTHORIZATION_FAILED'].includes(told.code)) ledger.broken('an answer fits its read', `${topic}-${partition} at ${offset}: ${told.code} at ${new Date().toISOString()}`);
      await sleep(50);
      continue;
    }
    offsets.push(...told.value.records.map((one) => one.offset));
    offset = told.value.nextOffset;
  }
  return offsets;
};

/** Members of one group that come for some seconds, read, commit and go. Everything that any of them was given goes into `given`. */
export const comeAndGo = async ({ sessions, callerNow, chance, ledger, isOver }: Other, topic: string, given: Set<string>): Promise<void> => {
  const settings: GroupConsumerSettings = { groupId: GROUP, reset: 'earliest', sessionTimeoutMs: 6_000, heartbeatMs: 500, rebalanceTimeoutMs: 10_000 };
  while (!isOver()) {
    const consumer = sessions.openConsumer(await callerNow(), 'main', settings);
    const leaves = Date.now() + chance.int(4_000, 25_000);
    await ledger.call('subscribe', callerNow, BROKER_DEADLINE_MS, (caller) => consumer.subscribe(caller, [topic]));
    while (Date.now() < leaves && !isOver()) {
      // Now and then two at the same time, of which one has to wait.
      const told = await Promise.all(Array.from({ length: chance.oneIn(10) ? 2 : 1 }, () => ledger.call('poll', callerNow, chance.pick([1_000, 2_000, 5_000]), (caller, deadline) => consumer.poll(caller, POLL, { deadline }))));
      const records = told.flatMap((one) => (one.kind === 'answered' ? one.value : []));
      if (told.some(({ kind }) => kind === 'failed')) await sleep(50);
      if (records.length > 0) {
        for (const { value } of records) given.add(String(value).split('|', 1)[0] ?? '');
        await ledger.call('commit', callerNow, 2_000, (caller, deadline) => consumer.commit(caller, undefined, { deadline }));
      }
    }
    if (chance.oneIn(3)) await ledger.call('unsubscribe', callerNow, 3_000, (caller, deadline) => consumer.unsubscribe(caller, { deadline }));
    await ledger.call('close', callerNow, BROKER_DEADLINE_MS, () => consumer.close());
    await sleep(chance.int(0, 2_000));
  }
};

/** The last member: reads on behind what the group has committed until nothing of `wanted` is missing, or time is up. */
export const drain = async ({ sessions, callerNow, ledger }: Other, topic: string, given: Set<string>, wanted: ReadonlySet<string>): Promise<number> => {
  const consumer = sessions.openConsumer(await callerNow(), 'main', { groupId: GROUP, reset: 'earliest', sessionTimeoutMs: 6_000, heartbeatMs: 500 });
  const missing = (): number => [...wanted].filter((id) => !given.has(id)).length;
  await consumer.subscribe(await callerNow(), [topic]);
  for (const until = Date.now() + 45_000; missing() > 0 && Date.now() < until; ) {
    const told = await ledger.call('poll', callerNow, 5_000, (caller, deadline) => consumer.poll(caller, POLL, { deadline }));
    if (told.kind === 'answered') for (const { value } of told.value) given.add(String(value).split('|', 1)[0] ?? '');
  }
  await consumer.close();
  return missing();
};

/** Reads of every kind that administrators do. */
export const administer = async ({ sessions, callerNow, chance, ledger, isOver }: Other): Promise<void> => {
  for (let n = 0; !isOver(); n++) {
    const topic = chance.pick(KEPT);
    const partitions = Array.from({ length: topic.partitions }, (_, partition) => partition);
    const made = `chaos.made-${chance.int(0, 1_000_000)}`;
    const [what, use] = chance.pick([
      ['listTopics', (session, deadline) => session.listTopics({ deadline })],
      ['describeTopic', (session, deadline) => session.describeTopic(topic.name, { deadline })],
      ['topicConfigs', (session, deadline) => session.topicConfigs(topic.name, { deadline })],
      ['describeBrokers', (session, deadline) => session.describeBrokers({ deadline })],
      ['offsets', (session, deadline) => session.offsets(topic.name, partitions, chance.pick(['earliest', 'latest']), { deadline })],
      ['groups', (session, deadline) => session.admin.groups.describe([GROUP], { deadline })],
      ['createTopic', (session, deadline) => session.createTopic({ name: made, partitions: 1, replicationFactor: 3, configs: new Map() }, { deadline })],
      ['deleteTopic', (session, deadline) => session.admin.topics.delete([made], { deadline })],
    ] as [string, (session: Parameters<Parameters<TestSessions['as']>[1]>[0], deadline: number) => Promise<unknown>][]);
    await ledger.call(what, callerNow, chance.pick([500, 2_000, 10_000]), (caller, deadline) => sessions.as(caller, (session) => use(session, deadline)));
    await sleep(chance.int(50, 500));
  }
};

/** Deletes a topic and makes it again. @returns when it was certainly there again, epoch ms */
export const bearAgain = async ({ sessions, callerNow, ledger }: Other): Promise<number> => {
  const { name, partitions } = REBORN;
  await ledger.call('deleteTopic', callerNow, 5_000, (caller, deadline) => sessions.as(caller, (session) => session.admin.topics.delete([name], { deadline })));
  for (;;) {
    const told = await ledger.call('createTopic', callerNow, 5_000, (caller, deadline) => sessions.as(caller, (session) => session.createTopic({ name, partitions, replicationFactor: 3, configs: new Map() }, { deadline })));
    if (told.kind === 'answered') return Date.now();
    await sleep(300);
    // Made by a call whose answer was lost, or never gone.
    if (told.code === 'TOPIC_ALREADY_EXISTS') return Date.now();
  }
};
