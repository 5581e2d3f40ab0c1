import { describe, expect, it } from 'vitest';
import { ManualTime, settle } from '../../testing/manual-time.js';
import { KafkaError } from '../../errors/kafka-error.js';
import { type TopicPartitions, encodeAssignment, encodeSubscription } from './group.apis.js';
import type { GroupCoordinator } from './group.coordinator.js';
import { Membership } from './membership.js';

type Answer = { readonly errorCode: number } & Record<string, unknown>;

const SETTINGS = { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 10_000, heartbeatMs: 1_000 };

/** A coordinator that answers as a spec says; by default it takes everybody in, as the only member and leader. */
const setUp = (script: (api: string, n: number, args: readonly unknown[]) => Answer | Promise<Answer> | undefined = () => undefined) => {
  const time = new ManualTime();
  const calls: string[] = [];
  const sent: { api: string; args: readonly unknown[] }[] = [];
  let share: TopicPartitions = new Map();
  let generation = 0;
  const usual: Record<string, (args: readonly unknown[]) => Answer> = {
    JoinGroup: ([, , , memberId]) => ({ errorCode: 0, generationId: ++generation, protocolName: 'range', leader: 'm-1', skipAssignment: false, memberId: memberId === '' ? 'm-1' : memberId, members: [{ memberId: 'm-1', metadata: encodeSubscription(['t']) }] }),
    SyncGroup: (args) => ({ errorCode: 0, assignment: (args[6] as { assignment: Buffer }[])[0]?.assignment ?? encodeAssignment(share) }),
    Heartbeat: () => ({ errorCode: 0 }),
    LeaveGroup: () => ({ errorCode: 0 }),
  };
  const coordinator = {
    groupId: 'g',
    call: async (api: { name: string }, args: readonly unknown[]) => {
      const n = calls.filter((name) => name === api.name).length;
      calls.push(api.name);
      sent.push({ api: api.name, args });
      return (await script(api.name, n, args)) ?? usual[api.name]?.(args);
    },
  } as unknown as GroupCoordinator;
  const membership = new Membership(['t'], { coordinator, clock: time, timers: time, sizesOf: async () => new Map([['t', 2]]), settings: SETTINGS });
  return { time, calls, sent, membership, setShare: (partitions: TopicPartitions) => (share = partitions) };
};

describe('a member of a group', () => {
  it('divides the partitions when it leads, beats, and leaves at once', async () => {
    const { time, calls, membership } = setUp();
    expect((await membership.stable(Infinity)).partitions).toEqual(new Map([['t', [0, 1]]]));
    await time.pass(2_500);
    await membership.leave(Infinity);
    expect(calls).toEqual(['JoinGroup', 'SyncGroup', 'Heartbeat', 'Heartbeat', 'LeaveGroup']);
    await time.pass(5_000);
    expect(calls).toHaveLength(5);
  });

  it('takes its share from another leader', async () => {
    const { sent, membership, setShare } = setUp((api) => (api === 'JoinGroup' ? { errorCode: 0, generationId: 7, protocolName: 'range', leader: 'other', skipAssignment: false, memberId: 'm-9', members: [] } : undefined));
    setShare(new Map([['t', [1]]]));
    expect(await membership.stable(Infinity)).toEqual({ id: 7, memberId: 'm-9', partitions: new Map([['t', [1]]]) });
    expect(sent[1]?.args[6]).toEqual([]);
  });

  it('comes with the id that the coordinator gave it', async () => {
    const { sent, membership, time } = setUp((api, n) => (api === 'JoinGroup' && n === 0 ? { errorCode: 79, memberId: 'm-1' } : undefined));
    const joined = membership.stable(Infinity);
    await time.pass(100);
    await joined;
    expect(sent.filter(({ api }) => api === 'JoinGroup').map(({ args }) => args[3])).toEqual(['', 'm-1']);
  });

  it.each([
    ['a rebalance', 27, 'm-1'],
    ['another generation', 22, 'm-1'],
    ['that it is not known any more', 25, ''],
  ])('joins again by itself when a heartbeat says %s', async (_case, code, memberId) => {
    const { time, sent, membership } = setUp((api, n) => (api === 'Heartbeat' && n === 0 ? { errorCode: code } : undefined));
    const before = await membership.stable(Infinity);
    await time.pass(1_100);
    expect(membership.generation).not.toBe(before);
    expect(membership.generation?.id).toBe(2);
    expect(sent.filter(({ api }) => api === 'JoinGroup').map(({ args }) => args[3])).toEqual(['', memberId]);
  });

  it('joins again when the assignment comes too late, and gives up in the end', async () => {
    const { time, calls, membership } = setUp((api) => (api === 'SyncGroup' ? { errorCode: 27 } : undefined));
    const failure = expect(membership.stable(time.now() + 60_000)).rejects.toMatchObject({ code: 'BROKER_RETRIABLE' });
    await time.pass(20_000);
    await failure;
    expect(calls.length).toBeGreaterThan(100);
  });

  it('lets a call wait no longer than it may, while the join goes on', async () => {
    let letIn: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (letIn = resolve));
    const { time, membership } = setUp((api) => (api === 'JoinGroup' ? full.then(() => ({ errorCode: 0, generationId: 3, protocolName: 'range', leader: 'x', skipAssignment: false, memberId: 'm-1', members: [] })) : undefined));
    const impatient = expect(membership.stable(time.now() + 100)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await time.pass(101);
    await impatient;
    letIn();
    await settle();
    expect(membership.generation?.id).toBe(3);
  });

  it('says what joining again cannot mend', async () => {
    const { membership } = setUp((api) => (api === 'JoinGroup' ? { errorCode: 30 } : undefined));
    await expect(membership.stable(Infinity)).rejects.toMatchObject({ code: 'GROUP_AUTHORIZATION_FAILED' });
  });

  it('stops beating when its credential has ended, and comes back with the next call', async () => {
    let ended = false;
    const { time, calls, membership } = setUp(() => {
      if (ended) throw new KafkaError('CREDENTIAL_EXPIRED');
      return undefined;
    });
    await membership.stable(Infinity);
    ended = true;
    await time.pass(10_000);
    expect(membership.generation).toBeNull();
    expect(calls.filter((name) => name === 'Heartbeat')).toHaveLength(1);
    await expect(membership.stable(time.now() + 1_000)).rejects.toMatchObject({ code: 'CREDENTIAL_EXPIRED' });
    ended = false;
    expect((await membership.stable(Infinity)).id).toBe(2);
  });

  it('joins once more when its topics change meanwhile', async () => {
    const { calls, sent, membership, time } = setUp();
    const joined = membership.stable(Infinity);
    membership.change(['t', 'u']);
    await time.pass(100);
    await joined;
    expect(calls).toEqual(['JoinGroup', 'SyncGroup', 'JoinGroup', 'SyncGroup']);
    expect(sent[2]?.args[6]).toEqual([{ name: 'range', metadata: encodeSubscription(['t', 'u']) }]);
  });

  it('waits for a join that hangs no longer than the deadline of its leaving, and leaves when that ends', async () => {
    const join = Promise.withResolvers<Answer>();
    const { time, calls, membership } = setUp((api) => (api === 'JoinGroup' ? join.promise : undefined));
    membership.stable(Infinity).catch(() => undefined);
    await settle();
    const left = expect(membership.leave(time.now() + 2_000)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await time.pass(2_100);
    await left;
    join.resolve({ errorCode: 0, generationId: 1, protocolName: 'range', leader: 'other', skipAssignment: false, memberId: 'm-2', members: [] });
    await settle();
    expect(calls.at(-1)).toBe('LeaveGroup');
  });
});
