import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../errors/kafka-error.js';
import { ProduceLab as Lab, codes } from '../../testing/produce.lab.js';
import { settle } from '../../testing/manual-time.js';
import { ConnectionFault } from '../../transports/transport.js';

describe('the accumulator', () => {
  it('sends calls that wait together in one request, and collects while one is on its way', async () => {
    const lab = new Lab([1]);
    const first = [lab.produce([{}]), lab.produce([{}, {}])];
    await settle();
    const second = [lab.produce([{}]), lab.produce([{}])];
    await settle();
    expect(lab.sent.map(({ batches }) => batches)).toEqual([{ 't-0': 3 }]);
    lab.sent[0]?.answer();
    await settle();
    expect(lab.sent.map(({ batches }) => batches)).toEqual([{ 't-0': 3 }, { 't-0': 2 }]);
    lab.sent[1]?.answer();
    expect((await Promise.all([...first, ...second])).flatMap(codes)).toEqual(['stored', 'stored', 'stored', 'stored', 'stored']);
  });

  it('routes each partition to its leader, and a slow broker holds up no other', async () => {
    const lab = new Lab([1, 2, 1]);
    const slow = lab.produce([{ partition: 0 }, { partition: 2 }]);
    const quick = lab.produce([{ partition: 1 }]);
    await settle();
    expect(lab.sent.map(({ leader, batches }) => [leader, batches] as const).sort(([a], [b]) => a - b)).toEqual([
      [1, { 't-0': 1, 't-2': 1 }],
      [2, { 't-1': 1 }],
    ]);
    lab.sent.find(({ leader }) => leader === 2)?.answer();
    expect(codes(await quick)).toEqual(['stored']);
    const more = lab.produce([{ partition: 1 }]);
    await settle();
    lab.sent[2]?.answer();
    expect(codes(await more)).toEqual(['stored']);
    lab.sent.find(({ leader }) => leader === 1)?.answer();
    expect(codes(await slow)).toEqual(['stored', 'stored']);
  });

  it('gives keyless records to a broker that is free', async () => {
    const lab = new Lab([1, 2]);
    void lab.produce([{ partition: 0 }]);
    await settle();
    void lab.produce([{}, {}]);
    await settle();
    expect(lab.sent.map(({ leader, batches }) => [leader, batches])).toEqual([
      [1, { 't-0': 1 }],
      [2, { 't-1': 2 }],
    ]);
  });

  it('asks again where certainly nothing was written, in the same order', async () => {
    const lab = new Lab([1]);
    const result = lab.produce([{ partition: 0 }, { partition: 0 }]);
    await settle();
    lab.sent[0]?.answer({ 't-0': 6 });
    await settle();
    const later = lab.produce([{ partition: 0 }]);
    await lab.time.pass(60);
    expect(lab.sent.map(({ batches }) => batches)).toEqual([{ 't-0': 2 }, { 't-0': 3 }]);
    expect(lab.asked).toEqual(['t', 't']);
    lab.sent[1]?.answer();
    expect((await Promise.all([result, later])).flat().map((r) => (r.kind === 'stored' ? r.offset % 1_000n : -1n))).toEqual([0n, 1n, 2n]);
  });

  it.each([
    ['lost after sending', new ConnectionFault('lost', true), ['OUTCOME_UNKNOWN']],
    ['answered by nobody', new ConnectionFault('no-answer', true), ['OUTCOME_UNKNOWN']],
    ['refused by the version check', new KafkaError('UNSUPPORTED_VERSION'), ['UNSUPPORTED_VERSION']],
  ])('never sends again what was %s', async (_case, error, expected) => {
    const lab = new Lab([1]);
    const result = lab.produce([{}]);
    await settle();
    lab.sent[0]?.fail(error);
    expect(codes(await result)).toEqual(expected);
    await lab.time.pass(5_000);
    expect(lab.sent).toHaveLength(1);
  });

  it('tries again when the connection was lost before the first byte', async () => {
    const lab = new Lab([1]);
    const result = lab.produce([{}]);
    await settle();
    lab.sent[0]?.fail(new ConnectionFault('lost', false));
    await lab.time.pass(100);
    lab.sent[1]?.answer();
    expect(codes(await result)).toEqual(['stored']);
  });

  it('says at the deadline what was sent (unknown) and what never was', async () => {
    const lab = new Lab([1, 2]);
    const sent = lab.produce([{ partition: 0 }], 500);
    await settle();
    const waiting = lab.produce([{ partition: 0 }], 500);
    await lab.time.pass(600);
    expect([codes(await sent), codes(await waiting)]).toEqual([['OUTCOME_UNKNOWN'], ['DEADLINE_EXCEEDED']]);
    lab.sent[0]?.answer();
    await settle();
    expect(lab.sent).toHaveLength(1);
  });

  it.each([
    ['its leader was being connected', {}],
    ['the producer was being identified', { idempotence: true }],
  ])('does not write what it has already called unwritten while %s', async (_case, producer) => {
    const lab = new Lab([1], producer);
    lab.identities.push({ id: 7n, epoch: 0 });
    const slow = Promise.withResolvers<void>();
    if ('idempotence' in producer) lab.slowIdentity = slow.promise;
    else lab.slowConnect = slow.promise;
    const impatient = lab.produce([{ partition: 0 }, { partition: 0 }], 500);
    const patient = lab.produce([{ partition: 0 }], 5_000);
    await lab.time.pass(600);
    expect(codes(await impatient)).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    slow.resolve();
    await settle();
    expect(lab.sent.map(({ batches }) => batches)).toEqual([{ 't-0': 1 }]);
    lab.sent[0]?.answer();
    expect(codes(await patient)).toEqual(['stored']);
  });

  it('sends nothing when nobody waits any more for what was to be sent', async () => {
    const lab = new Lab([1, 1]);
    const slow = Promise.withResolvers<void>();
    lab.slowConnect = slow.promise;
    const impatient = lab.produce([{ partition: 0 }], 500);
    await lab.time.pass(600);
    expect(codes(await impatient)).toEqual(['DEADLINE_EXCEEDED']);
    slow.resolve();
    await settle();
    expect(lab.sent).toEqual([]);
    const next = lab.produce([{ partition: 0 }]);
    await settle();
    lab.sent[0]?.answer();
    expect(codes(await next)).toEqual(['stored']);
  });

  it('says why when no broker could be reached until the deadline', async () => {
    const lab = new Lab([1]);
    lab.refuseConnect = new ConnectionFault('unreachable', false);
    const result = lab.produce([{}], 2_000);
    await lab.time.pass(2_100);
    expect(codes(await result)).toEqual(['NO_BROKER']);
  });

  it('does not ask for leaders without a pause while nobody can tell', async () => {
    const lab = new Lab([1]);
    const lost = lab.produce([{ partition: 0 }]);
    await settle();
    const waiting = lab.produce([{ partition: 0 }], 1_000);
    lab.refuseLookup = new KafkaError('NO_BROKER');
    lab.sent[0]?.fail(new ConnectionFault('lost', true));
    expect(codes(await lost)).toEqual(['OUTCOME_UNKNOWN']);
    for (let i = 0; i < 10; i++) await settle();
    // Once for the call, once for its flush.
    expect(lab.asked).toEqual(['t', 't']);
    lab.refuseLookup = null;
    await lab.time.pass(200);
    lab.sent[1]?.answer();
    expect(codes(await waiting)).toEqual(['stored']);
  });

  it('throws for the whole call what concerns the whole call', async () => {
    const lab = new Lab([1]);
    lab.refuseConnect = new KafkaError('CALLER_TOKEN_REFUSED');
    await expect(lab.produce([{}, {}])).rejects.toMatchObject({ code: 'CALLER_TOKEN_REFUSED' });
  });

  it('splits what was refused as too large, down to the one that is', async () => {
    const lab = new Lab([1]);
    const result = lab.produce(Array.from({ length: 4 }, () => ({ partition: 0 })));
    await settle();
    for (let i = 0; i < lab.sent.length && i < 20; i++) {
      const count = lab.sent[i]?.batches['t-0'] ?? 0;
      lab.sent[i]?.answer(count > 2 ? { 't-0': 10 } : {});
      await settle();
    }
    expect(codes(await result)).toEqual(['stored', 'stored', 'stored', 'stored']);
    expect(lab.sent.map(({ batches }) => batches['t-0'])).toEqual([4, 2, 2]);
  });

  it('fails only the partitions that the broker failed, by their names', async () => {
    const lab = new Lab([1, 1, 1]);
    const result = lab.produce([{ partition: 0 }, { partition: 1 }, { partition: 2 }, { partition: 7 }]);
    await settle();
    lab.sent[0]?.answer({ 't-1': 29 });
    expect(codes(await result)).toEqual(['stored', 'TOPIC_AUTHORIZATION_FAILED', 'stored', 'UNKNOWN_PARTITION']);
  });
});
