import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaSession } from '@postern/kafka';
import type { Chance } from './random.ts';
import type { ThreeBrokers } from './three-brokers.ts';
import { KEPT } from './topics.ts';

export interface FaultContext {
  readonly brokers: ThreeBrokers;
  readonly chance: Chance;
  readonly say: (line: string) => void;
  readonly asOperator: <T>(use: (session: KafkaSession, deadline: number) => Promise<T>) => Promise<T>;
  readonly pause: (isPaused: boolean) => void;
  readonly until: number;
}

const NODES = [1, 2, 3] as const;
const KINDS = ['kill', 'freeze', 'freeze', 'delay', 'stall', 'stall', 'cut', 'reset', 'refuse', 'move', 'two', 'none', 'idle'] as const;
type Kind = (typeof KINDS)[number];
/** A token's life and some more. */
const IDLE_MS = 13_000;
/** Left alone before the end, so that what is under way can end well. */
const QUIET_END_MS = 25_000;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Does one kind to one broker, for as long as it says; resolves when all is mended. */
const suffer = async ({ brokers, chance, asOperator }: FaultContext, kind: Exclude<Kind, 'two' | 'none' | 'idle'>, id: number): Promise<string> => {
  const network = brokers.network(id);
  const node = brokers.node(id);
  const direction = chance.pick(['to-client', 'to-server', undefined] as const);
  const ms = chance.int(1_000, 12_000);
  switch (kind) {
    case 'kill': {
      await node.kill();
      await sleep(ms / 2);
      await node.restart();
      return `for ${seconds(ms / 2)}`;
    }
    case 'freeze': {
      const frozenMs = chance.oneIn(5) ? chance.int(13_000, 40_000) : ms;
      node.freeze();
      await sleep(frozenMs);
      node.thaw();
      return `for ${seconds(frozenMs)}`;
    }
    case 'delay': {
      const delayMs = chance.int(20, 600);
      network.delay(delayMs, direction);
      await sleep(ms);
      network.heal();
      return `by ${delayMs} ms ${direction ?? 'both ways'} for ${seconds(ms)}`;
    }
    case 'stall': {
      const after = chance.oneIn(2) ? 0 : chance.int(1, 5_000);
      network.stall(direction, after);
      await sleep(ms);
      network.heal();
      return `after ${after} bytes ${direction ?? 'both ways'} for ${seconds(ms)}`;
    }
    case 'cut': {
      const after = chance.int(1, 20_000);
      network.cutAfter(after, direction ?? 'to-client');
      await sleep(ms);
      network.heal();
      return `after ${after} bytes ${direction ?? 'to-client'} for ${seconds(ms)}`;
    }
    case 'reset': {
      const times = chance.int(1, 5);
      for (let i = 0; i < times; i++) {
        network.reset();
        await sleep(chance.int(5, 1_000));
      }
      return `${times} times`;
    }
    case 'refuse': {
      network.refuse();
      network.reset();
      await sleep(ms);
      network.heal();
      return `for ${seconds(ms)}`;
    }
    case 'move': {
      const topic = chance.pick(KEPT);
      const replicas = chance.shuffled(NODES);
      const partitions = Array.from({ length: topic.partitions }, (_, partition) => ({ topic: topic.name, partition }));
      await asOperator((session, deadline) => session.admin.partitions.reassign(partitions.map((one) => ({ ...one, replicas })), { deadline }));
      await sleep(500);
      await asOperator((session, deadline) => session.admin.partitions.electLeaders('PREFERRED', partitions, { deadline }));
      return `all of ${topic.name} to broker ${replicas[0]}`;
    }
  }
};

const one = async (context: FaultContext, kind: Kind): Promise<string> => {
  const { brokers, chance, pause } = context;
  const [first, second] = chance.shuffled(NODES) as [number, number];
  switch (kind) {
    case 'two': {
      const kinds = [chance.pick(['kill', 'freeze', 'stall', 'refuse'] as const), chance.pick(['freeze', 'stall', 'delay', 'cut', 'reset'] as const)] as const;
      const [a, b] = await Promise.all([suffer(context, kinds[0], first), suffer(context, kinds[1], second)]);
      return `${kinds[0]} broker ${first} ${a}, ${kinds[1]} broker ${second} ${b}`;
    }
    case 'none': {
      const ms = chance.int(2_000, 8_000);
      for (const network of brokers.networks.values()) network.refuse();
      for (const network of brokers.networks.values()) network.reset();
      await sleep(ms);
      for (const network of brokers.networks.values()) network.heal();
      return `no broker for ${seconds(ms)}`;
    }
    case 'idle':
      pause(true);
      await sleep(IDLE_MS);
      pause(false);
      return `nobody writes for ${seconds(IDLE_MS)}`;
    case 'kill':
    case 'freeze':
    case 'delay':
    case 'stall':
    case 'cut':
    case 'reset':
    case 'refuse':
    case 'move':
      return `broker ${first} ${await suffer(context, kind, first)}`;
  }
};

/** One fault after another until shortly before the end; all of a kind's list before any comes again. */
export const injectFaults = async (context: FaultContext): Promise<ReadonlyMap<string, number>> => {
  const { brokers, chance, say, until } = context;
  const counts = new Map<string, number>();
  let bag: Kind[] = [];
  while (Date.now() < until - QUIET_END_MS) {
    if (bag.length === 0) bag = chance.shuffled(KINDS);
    const kind = bag.pop() as Kind;
    // Two lost in a row would leave partitions without any replica that is sure of the last records.
    if (kind === 'kill' || kind === 'two') await brokers.kafka.whole(...KEPT.map(({ name }) => name)).catch(() => say('the cluster is not whole'));
    const at = new Date().toISOString().slice(11, 23);
    const what = await one(context, kind).catch((error: unknown) => `${kind} failed: ${String(error)}`);
    say(`${at} ${kind}: ${what}`);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    await sleep(chance.int(1_500, 6_000));
  }
  for (const node of brokers.kafka.nodes.values()) node.thaw();
  for (const network of brokers.networks.values()) network.heal();
  return counts;
};
