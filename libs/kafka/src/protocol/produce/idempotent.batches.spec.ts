import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../errors/kafka-error.js';
import { settle } from '../../testing/manual-time.js';
import { ProduceLab, type Sent, codes } from '../../testing/produce.lab.js';
import { ConnectionFault } from '../../transports/transport.js';

const idempotent = (...identities: ProduceLab['identities']): ProduceLab => {
  const lab = new ProduceLab([1], { idempotence: true });
  lab.identities.push(...(identities.length === 0 ? [{ id: 7n, epoch: 0 }, { id: 8n, epoch: 0 }, { id: 9n, epoch: 0 }] : identities));
  return lab;
};
/** Producer id and first sequence of what was sent to partition 0. */
const stampOf = (sent: Sent | undefined): readonly [bigint, number] | null => {
  const batch = sent?.bytes['t-0'];
  return batch === undefined ? null : [batch.readBigInt64BE(43), batch.readInt32BE(53)];
};
const one = { partition: 0 };
const LOST = new ConnectionFault('lost', true);

describe('an idempotent producer', () => {
  it('numbers the records of a partition one after the other, and asks once who it is', async () => {
    const lab = idempotent();
    const first = lab.produce([one, one]);
    await settle();
    lab.sent[0]?.answer();
    await first;
    const second = lab.produce([one]);
    await settle();
    lab.sent[1]?.answer();
    expect(codes(await second)).toEqual(['stored']);
    expect([lab.sent.map(stampOf), lab.asksForIdentity]).toEqual([[[7n, 0], [7n, 2]], 1]);
  });

  it.each([
    ['the connection is lost after sending', (sent: Sent | undefined) => sent?.fail(LOST)],
    ['the broker times out', (sent: Sent | undefined) => sent?.answer({ 't-0': 7 })],
    ['the replicas are too few after writing', (sent: Sent | undefined) => sent?.answer({ 't-0': 20 })],
  ])('sends the very same bytes again when %s, before anything else of the partition', async (_case, fail) => {
    const lab = idempotent();
    const first = lab.produce([one, one]);
    await settle();
    fail(lab.sent[0]);
    const second = lab.produce([one]);
    await lab.time.pass(1_000);
    expect(lab.sent).toHaveLength(2);
    expect(lab.sent[1]?.bytes['t-0']?.equals(lab.sent[0]?.bytes['t-0'] ?? Buffer.alloc(0))).toBe(true);
    lab.sent[1]?.answer();
    expect(codes(await first)).toEqual(['stored', 'stored']);
    await settle();
    expect(stampOf(lab.sent[2])).toEqual([7n, 2]);
    lab.sent[2]?.answer();
    expect(codes(await second)).toEqual(['stored']);
  });

  it('keeps what may have been written while the token that asks for its leader has ended, and sends it again with the next', async () => {
    const lab = idempotent();
    const result = lab.produce([one]);
    await settle();
    lab.refuseLookup = new KafkaError('CREDENTIAL_EXPIRED');
    lab.sent[0]?.fail(LOST);
    await lab.time.pass(3_000);
    // Nor is the source of tokens asked without a pause.
    expect(lab.asked.length).toBeLessThan(50);
    lab.refuseLookup = null;
    await lab.time.pass(1_000);
    lab.sent[1]?.answer();
    expect(codes(await result)).toEqual(['stored']);
  });

  it('goes on in pieces with the same numbers when the second try is too large, since the first may have been refused for just that', async () => {
    const lab = idempotent();
    const result = lab.produce([one, one, one, one]);
    await settle();
    lab.sent[0]?.fail(LOST);
    const later = lab.produce([one]);
    await lab.time.pass(1_000);
    lab.sent[1]?.answer({ 't-0': 10 });
    await settle();
    lab.sent[2]?.answer();
    await settle();
    lab.sent[3]?.answer();
    await settle();
    lab.sent[4]?.answer();
    expect([codes(await result), codes(await later)]).toEqual([['stored', 'stored', 'stored', 'stored'], ['stored']]);
    expect(lab.sent.map((sent) => [stampOf(sent), sent.batches['t-0']])).toEqual([[[7n, 0], 4], [[7n, 0], 4], [[7n, 0], 2], [[7n, 2], 2], [[7n, 4], 1]]);
  });

  it.each([
    ['out of order: the first try was written', (lab: ProduceLab) => lab.sent[2]?.answer({ 't-0': 45 })],
    ['forbidden', (lab: ProduceLab) => lab.sent[2]?.answer({ 't-0': 29 })],
    ['nothing before the deadline', () => undefined],
  ])('calls the pieces unknown when the first of them is answered %s', async (_case, answer) => {
    const lab = idempotent();
    const result = lab.produce([one, one], 5_000);
    await settle();
    lab.sent[0]?.fail(LOST);
    await lab.time.pass(1_000);
    lab.sent[1]?.answer({ 't-0': 10 });
    await settle();
    answer(lab);
    await settle();
    if (lab.sent.length > 3) lab.sent[3]?.answer({ 't-0': 29 });
    await lab.time.pass(4_100);
    expect(codes(await result)).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
  });

  it.each([
    ['not the leader', 6, 'again'],
    ['too few replicas', 19, 'again'],
    ['no such topic, by a broker that has just come back', 3, 'again'],
    ['a fault of its disk', 56, 'again'],
    ['out of order', 45, 'given up'],
    ['forbidden by now', 29, 'given up'],
  ])('when the second try is answered "%s", the first one is not forgotten', async (_case, code, then) => {
    const lab = idempotent();
    const result = lab.produce([one, one]);
    await settle();
    lab.sent[0]?.fail(LOST);
    await lab.time.pass(1_000);
    lab.sent[1]?.answer({ 't-0': code });
    await lab.time.pass(1_000);
    if (then === 'again') {
      expect(lab.sent[2]?.bytes['t-0']?.equals(lab.sent[0]?.bytes['t-0'] ?? Buffer.alloc(0))).toBe(true);
      lab.sent[2]?.answer();
      expect(codes(await result)).toEqual(['stored', 'stored']);
    } else {
      expect(codes(await result)).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
      expect(lab.sent).toHaveLength(2);
    }
  });

  it('tells the time that was written with the first try, not that of the second', async () => {
    const lab = idempotent();
    const result = lab.produce([one]);
    await settle();
    const sentAt = lab.time.now();
    lab.sent[0]?.fail(LOST);
    await lab.time.pass(1_000);
    lab.sent[1]?.answer();
    expect(await result).toMatchObject([{ kind: 'stored', timestamp: sentAt }]);
    expect(lab.sent[1]?.bytes['t-0']?.readBigInt64BE(27)).toBe(BigInt(sentAt));
  });

  it('says at the deadline that it does not know, and begins anew as another producer', async () => {
    const lab = idempotent();
    const first = lab.produce([one], 2_000);
    for (let passed = 0; passed < 2_500; passed += 250) {
      await lab.time.pass(250);
      for (const sent of lab.sent) sent.fail(LOST);
    }
    expect(codes(await first)).toEqual(['OUTCOME_UNKNOWN']);
    const tries = lab.sent.length;
    expect(new Set(lab.sent.map((sent) => stampOf(sent)?.join()))).toEqual(new Set(['7,0']));
    const second = lab.produce([one]);
    await lab.time.pass(1_000);
    expect(stampOf(lab.sent[tries])).toEqual([8n, 0]);
    lab.sent[tries]?.answer();
    expect(codes(await second)).toEqual(['stored']);
  });

  it.each([45, 46, 47, 59, 90])('takes another identity when a first try is refused with %i, and blames nobody', async (code) => {
    const lab = idempotent();
    const result = lab.produce([one]);
    await settle();
    lab.sent[0]?.answer({ 't-0': code });
    await lab.time.pass(1_000);
    expect(lab.sent.map(stampOf)).toEqual([[7n, 0], [8n, 0]]);
    lab.sent[1]?.answer();
    expect(codes(await result)).toEqual(['stored']);
  });

  it('goes on without where Kafka does not let the principal be idempotent, and tries again a minute later', async () => {
    const lab = idempotent(new KafkaError('CLUSTER_AUTHORIZATION_FAILED', { brokerCode: 31 }), { id: 7n, epoch: 0 });
    const first = lab.produce([one]);
    await settle();
    expect(stampOf(lab.sent[0])).toEqual([-1n, -1]);
    lab.sent[0]?.fail(LOST);
    expect(codes(await first)).toEqual(['OUTCOME_UNKNOWN']);
    await lab.time.pass(61_000);
    void lab.produce([one]);
    await settle();
    expect(stampOf(lab.sent[1])).toEqual([7n, 0]);
  });

  it('goes on without when a partition refuses with 31', async () => {
    const lab = idempotent();
    const result = lab.produce([one]);
    await settle();
    lab.sent[0]?.answer({ 't-0': 31 });
    await lab.time.pass(1_000);
    expect(stampOf(lab.sent[1])).toEqual([-1n, -1]);
    lab.sent[1]?.answer();
    expect(codes(await result)).toEqual(['stored']);
  });

  it('leaves the number of a refused batch to the next one', async () => {
    const lab = idempotent();
    const refused = lab.produce([one]);
    await settle();
    lab.sent[0]?.answer({ 't-0': 29 });
    expect(codes(await refused)).toEqual(['TOPIC_AUTHORIZATION_FAILED']);
    void lab.produce([one]);
    await settle();
    expect(stampOf(lab.sent[1])).toEqual([7n, 0]);
  });
});

describe('linger and batch bytes', () => {
  it('waits for others as long as set, or until a batch is full', async () => {
    const lab = new ProduceLab([1], { lingerMs: 50, batchBytes: 1_000 });
    void lab.produce([one]);
    await lab.time.pass(49);
    expect(lab.sent).toHaveLength(0);
    void lab.produce([one]);
    await lab.time.pass(1);
    expect(lab.sent.map(({ batches }) => batches)).toEqual([{ 't-0': 2 }]);
    lab.sent[0]?.answer();
    await settle();
    void lab.produce([{ ...one, value: Buffer.alloc(600) }, { ...one, value: Buffer.alloc(600) }]);
    await settle();
    expect(lab.sent.map(({ batches }) => batches['t-0'])).toEqual([2, 1]);
  });
});
