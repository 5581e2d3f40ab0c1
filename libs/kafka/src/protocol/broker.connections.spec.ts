import { describe, expect, it } from 'vitest';
import { KafkaError } from '../errors/kafka-error.js';
import type { BrokerAddress } from '../session/cluster-settings.js';
import type { KafkaNotice } from '../session/notices.js';
import { LOGIN, fakeTransport, type FakeWire } from '../testing/fake-transport.js';
import { ManualTime, settle } from '../testing/manual-time.js';
import { testCredential } from '../testing/test-source.js';
import { ConnectionFault } from '../transports/transport.js';
import { BrokerConnections } from './broker.connections.js';
import { METADATA } from './codecs.js';
import { readCall } from './read.call.js';
import { type ShownToken, type TokenSource, shownToken } from './shown-token.js';

const setUp = (options: { answer?: Parameters<typeof fakeTransport>[0]; down?: readonly BrokerAddress[]; tokens?: Partial<TokenSource>; bootstrap?: BrokerAddress[]; turn?: Promise<void> } = {}) => {
  const time = new ManualTime();
  const notices: KafkaNotice[] = [];
  const transport = fakeTransport(options.answer ?? ((apiKey) => LOGIN[apiKey] ?? {}), (address) => {
    if (options.down?.includes(address) === true) throw new ConnectionFault('unreachable', false);
  });
  const token = shownToken(testCredential('t', time.now(), time.now() + 100_000));
  const tokens: TokenSource = { current: async () => token, afterRefusal: async () => Promise.reject(new KafkaError('CALLER_TOKEN_REFUSED')), ...options.tokens };
  const connections = new BrokerConnections({
    transport,
    listener: { bootstrapServers: options.bootstrap ?? ['b1:9092', 'b2:9092'], tls: null, sasl: 'oauthbearer', advertisedHosts: ['*.kafka.test'] },
    tokens,
    clock: time,
    timers: time,
    silenceMs: 10_000,
    onThrottle: () => undefined,
    onPrincipalChange: () => notices.push({ kind: 'principal-changed', clusterId: 'main', kafkaName: 'alice' }),
    clusterId: 'main',
    sessionKey: 'key',
    budget: {
      connect: async (_principal, _patienceMs, connect) => {
        await options.turn;
        return connect();
      },
    },
    kafkaName: 'alice',
    observe: (notice) => notices.push(notice),
    count: () => undefined,
  });
  return { time, notices, transport, connections, deadline: time.now() + 10_000 };
};

describe('the connections of a session', () => {
  it('are opened once for requests at once, one for each purpose', async () => {
    const { connections, transport, deadline } = setUp();
    const all = await Promise.all([connections.toAny('work', deadline), connections.toAny('work', deadline), connections.toAny('work', deadline)]);
    expect(new Set(all).size).toBeLessThanOrEqual(2);
    await connections.toAny('fetch-0', deadline);
    const work = await connections.toAny('work', deadline);
    expect(await connections.toAny('work', deadline)).toBe(work);
    expect(await connections.toAny('fetch-0', deadline)).not.toBe(work);
    expect(transport.wires.length).toBeLessThanOrEqual(3);
  });

  it('greet, then log in, one request after the other', async () => {
    const { connections, transport, deadline } = setUp();
    await connections.toAny('work', deadline);
    expect(transport.wires.map(({ keys }) => keys)).toEqual([[18, 17, 36]]);
  });

  it('dial nobody and show no token once they are closed, also when they were waiting for their turn', async () => {
    const turn = Promise.withResolvers<void>();
    const { connections, transport, deadline } = setUp({ turn: turn.promise });
    const waiting = expect(connections.toAny('work', deadline)).rejects.toMatchObject({ code: 'NO_BROKER' });
    await settle();
    connections.close();
    turn.resolve();
    await waiting;
    expect(transport.wires).toEqual([]);
  });

  it('are all ended by close, also one that a bootstrap server was still making', async () => {
    const login = Promise.withResolvers<void>();
    let isSlow = false;
    const { connections, transport, deadline } = setUp({
      answer: async (apiKey, wire) => {
        if (isSlow && wire.address === 'b1:9092') await login.promise;
        return LOGIN[apiKey] ?? {};
      },
      bootstrap: ['b1:9092'],
    });
    (await connections.toAny('work', deadline)).destroy();
    isSlow = true;
    const again = connections.toAny('work', deadline);
    await settle();
    connections.learn([{ nodeId: 1, host: 'n1.kafka.test', port: 9092 }]);
    await connections.toNode('work', 1, deadline);
    login.resolve();
    await again;
    connections.close();
    expect(transport.wires.filter(({ isOpen }) => isOpen)).toEqual([]);
  });

  it('do not all begin at the same bootstrap server', async () => {
    const firsts = await Promise.all(Array.from({ length: 60 }, async () => {
      const { connections, deadline } = setUp();
      return (await connections.toAny('work', deadline)).address;
    }));
    expect(new Set(firsts)).toEqual(new Set(['b1:9092', 'b2:9092']));
  });

  it('blame no token where the listener does not offer the mechanism', async () => {
    const { connections, time } = setUp({ answer: (apiKey) => (apiKey === 17 ? { errorCode: 33, mechanisms: ['PLAIN'] } : (LOGIN[apiKey] ?? {})) });
    const failed = expect(connections.toAny('work', time.now() + 3_000)).rejects.toMatchObject({ code: 'NO_BROKER' });
    await time.pass(3_100);
    await failed;
  });

  it('go to the next bootstrap server when one is down, and say NO_BROKER when all are down until the deadline', async () => {
    const up = setUp({ down: ['b1:9092'] });
    expect((await up.connections.toAny('work', up.deadline)).address).toBe('b2:9092');
    const down = setUp({ down: ['b1:9092', 'b2:9092'] });
    const failed = expect(down.connections.toAny('work', down.time.now() + 3_000)).rejects.toMatchObject({ code: 'NO_BROKER' });
    await down.time.pass(3_100);
    await failed;
  });

  it('write nothing to a broker that has asked for quiet, and say so when that outlasts the deadline', async () => {
    const { connections, time, transport } = setUp({ answer: (apiKey) => (apiKey === 3 ? { throttleTimeMs: 500, brokers: [], topics: [] } : (LOGIN[apiKey] ?? {})) });
    const ask = (ms: number) => connections.toAny('work', time.now() + ms).then((connection) => connection.request(METADATA, [[], false, false], time.now() + ms));
    const asked = () => transport.wires.flatMap(({ keys }) => keys).filter((key) => key === 3).length;
    connections.learn([{ nodeId: 1, host: 'b1', port: 9092 }]);
    await ask(1_000);
    await expect(ask(400)).rejects.toMatchObject({ code: 'THROTTLED', detail: { retryAfterMs: 500 } });
    const waiting = ask(1_000);
    await time.pass(499);
    expect(asked()).toBe(1);
    await time.pass(1);
    await waiting;
    expect(asked()).toBe(2);
  });

  it('lead to the broker that is asked for by id, at an address that the settings admit', async () => {
    const { connections, notices, deadline } = setUp();
    connections.learn([
      { nodeId: 1, host: 'n1.kafka.test', port: 9092 },
      { nodeId: 2, host: 'evil.test', port: 9092 },
    ]);
    expect((await connections.toNode('work', 1, deadline)).address).toBe('n1.kafka.test:9092');
    await expect(connections.toNode('work', 2, deadline)).rejects.toMatchObject({ code: 'NO_BROKER' });
    connections.learn([{ nodeId: 2, host: 'evil.test', port: 9092 }]);
    expect(notices.filter(({ kind }) => kind === 'address-refused')).toEqual([{ kind: 'address-refused', clusterId: 'main', address: 'evil.test:9092' }]);
  });

  it('drop the bootstrap connection once the brokers themselves are connected', async () => {
    const { connections, transport, deadline } = setUp({ bootstrap: ['lb:9092'] });
    await connections.toAny('work', deadline);
    connections.learn([{ nodeId: 1, host: 'n1.kafka.test', port: 9092 }]);
    await connections.toNode('work', 1, deadline);
    expect(transport.wires.map(({ address, isOpen }) => [address, isOpen])).toEqual([
      ['lb:9092', false],
      ['n1.kafka.test:9092', true],
    ]);
  });

  it('take an error challenge for the refusal that it is, finish the exchange, and ask what to show next', async () => {
    const shown: string[] = [];
    const { connections, transport, time, deadline } = setUp({
      answer: (apiKey, wire) => (apiKey === 36 && wire.keys.filter((key) => key === 36).length === 1 ? { errorCode: 0, authBytes: Buffer.from('{"status":"invalid_token"}'), sessionLifetimeMs: 0n } : LOGIN[apiKey]),
      tokens: {
        afterRefusal: async (refused: ShownToken) => {
          shown.push(refused.credential.token.reveal());
          throw new KafkaError('CALLER_TOKEN_REFUSED');
        },
      },
    });
    await expect(connections.toAny('work', deadline)).rejects.toMatchObject({ code: 'CALLER_TOKEN_REFUSED' });
    await settle();
    expect(shown).toEqual(['t']);
    expect(transport.wires.map(({ keys, isOpen }) => [keys, isOpen])).toEqual([[[18, 17, 36, 36], false]]);
    await time.pass(1_000);
  });

  it('log in again in place when there is a newer token, at most once a second, with nothing in between', async () => {
    let name = 'first';
    const { connections, transport, time, deadline } = setUp({ tokens: { current: async () => shownToken(testCredential(name, 0, 10_000_000)) } });
    const connection = await connections.toAny('work', deadline);
    const wire = transport.wires[0] as FakeWire;
    wire.keys.length = 0;
    name = 'second';
    await connection.request(METADATA, [[], false, false], deadline);
    expect(wire.keys).toEqual([3]);
    await time.pass(1_000);
    await Promise.all([1, 2, 3].map(() => connection.request(METADATA, [[], false, false], deadline)));
    expect(wire.keys).toEqual([3, 17, 36, 3, 3, 3]);
  });

  it('send nothing between handshake and token when a newer token comes between two requests of one turn', async () => {
    let asked = 0;
    const { connections, transport, time, deadline } = setUp({ tokens: { current: async () => shownToken(testCredential(++asked > 3 ? 'second' : 'first', 0, 10_000_000)) } });
    const connection = await connections.toAny('work', deadline);
    await time.pass(1_000);
    asked = 2;
    await Promise.all([1, 2].map(() => connection.request(METADATA, [[], false, false], deadline)));
    expect(transport.wires[0]?.keys.slice(3)).toEqual([17, 36, 3, 3]);
  });

  it.each([
    ['a login', false],
    ['a renewal', true],
  ])('show the token of now, not that of when %s began', async (_case, isRenewal) => {
    let name = 'first';
    let slow: PromiseWithResolvers<void> | null = null;
    const shown: string[] = [];
    const { connections, time } = setUp({
      tokens: { current: async () => shownToken(testCredential(name, 0, 10_000_000)) },
      answer: async (apiKey, _wire, request) => {
        if (apiKey === 36) shown.push(/Bearer (\w+)/.exec(String(request.encode().buffer))?.[1] ?? '');
        if (apiKey === 17) await slow?.promise;
        return LOGIN[apiKey] ?? {};
      },
    });
    const ask = async (): Promise<unknown> => (await connections.toAny('work', time.now() + 10_000)).request(METADATA, [[], false, false], time.now() + 10_000);
    if (isRenewal) await ask();
    shown.length = 0;
    await time.pass(2_000);
    name = 'second';
    slow = Promise.withResolvers();
    const asked = ask();
    await time.pass(3_000);
    name = 'third';
    slow.resolve();
    await asked;
    expect(shown).toEqual(['third']);
  });

  it.each([18, 17, 36])('have sent nothing of a request when they are lost while they are made, at request %i of theirs', async (lostAt) => {
    const { connections, deadline } = setUp({ answer: (apiKey) => (apiKey === lostAt ? Promise.reject(new ConnectionFault('lost', true)) : LOGIN[apiKey]) });
    connections.learn([{ nodeId: 1, host: 'n1.kafka.test', port: 9092 }]);
    await expect(connections.toNode('work', 1, deadline)).rejects.toMatchObject({ reason: 'lost', written: false });
  });

  it('wait for a token no longer than the deadline', async () => {
    let wait: Promise<void> | null = null;
    const { connections, time } = setUp({ tokens: { current: async () => (await wait, shownToken(testCredential('t', 0, 10_000_000))) } });
    const connection = await connections.toAny('work', time.now() + 10_000);
    wait = new Promise(() => undefined);
    const failed = expect(connection.request(METADATA, [[], false, false], time.now() + 500)).rejects.toMatchObject({ reason: 'no-answer', written: false });
    await time.pass(600);
    await failed;
  });

  it('are ended and reported when a newer token turns out to be another principal', async () => {
    let name = 'first';
    const { connections, notices, time, deadline } = setUp({
      tokens: { current: async () => shownToken(testCredential(name, 0, 10_000_000)) },
      answer: (apiKey) => (apiKey === 36 && name === 'second' ? { errorCode: 58, errorMessage: 'Cannot change principals during re-authentication', authBytes: Buffer.alloc(0), sessionLifetimeMs: 0n } : LOGIN[apiKey]),
    });
    const connection = await connections.toAny('work', deadline);
    name = 'second';
    await time.pass(1_000);
    await expect(connection.request(METADATA, [[], false, false], deadline)).rejects.toMatchObject({ reason: 'lost', written: false });
    expect(notices).toContainEqual({ kind: 'principal-changed', clusterId: 'main', kafkaName: 'alice' });
    expect(connection.isOpen).toBe(false);
  });

  it('show the same token again when the listener ends sessions sooner than the token ends', async () => {
    const { connections, transport, time, deadline } = setUp({ answer: (apiKey) => (apiKey === 36 ? { ...(LOGIN[36] as object), sessionLifetimeMs: 5_000n } : (LOGIN[apiKey] ?? {})) });
    const connection = await connections.toAny('work', deadline);
    await time.pass(4_000);
    await connection.request(METADATA, [[], false, false], deadline);
    expect(transport.wires[0]?.keys).toEqual([18, 17, 36, 17, 36, 3]);
    await time.pass(4_900);
    await expect(connection.request(METADATA, [[], false, false], deadline)).resolves.toBeDefined();
  });

  it('send nothing for a caller whose time is up', async () => {
    const token = Promise.withResolvers<ShownToken>();
    let isSlow = false;
    const now = shownToken(testCredential('t', 0, 10_000_000));
    const { connections, transport, time, deadline } = setUp({ tokens: { current: () => (isSlow ? token.promise : Promise.resolve(now)) } });
    const connection = await connections.toAny('work', deadline);
    isSlow = true;
    const late = expect(connection.request(METADATA, [[], false, false], time.now() + 100)).rejects.toMatchObject({ reason: 'no-answer', written: false });
    await time.pass(200);
    token.resolve(now);
    await late;
    expect(transport.wires[0]?.keys).toEqual([18, 17, 36]);
  });

  it('give up a connection that is silent for the whole broker deadline', async () => {
    const { connections, time, transport } = setUp({ answer: (apiKey) => (apiKey === 3 ? new Promise(() => undefined) : LOGIN[apiKey]) });
    const connection = await connections.toAny('work', time.now() + 1_000);
    const impatient = expect(connection.request(METADATA, [[], false, false], time.now() + 500)).rejects.toMatchObject({ reason: 'no-answer', written: true });
    await time.pass(600);
    await impatient;
    expect(transport.wires[0]?.isOpen).toBe(true);
    const patient = expect(connection.request(METADATA, [[], false, false], time.now() + 10_000)).rejects.toMatchObject({ reason: 'no-answer' });
    await time.pass(10_000);
    await patient;
    expect(transport.wires[0]?.isOpen).toBe(false);
  });
});

describe('a broker that has gone silent', () => {
  const BROKERS = { brokers: [], topics: [], throttleTimeMs: 0 };

  it('is passed over for the next question, and a question that it holds goes to another in a third of its time', async () => {
    const asked: BrokerAddress[] = [];
    const silent = new Set<BrokerAddress>();
    const { connections, time } = setUp({
      answer: (apiKey, wire) => {
        if (apiKey !== METADATA.key) return LOGIN[apiKey] ?? {};
        asked.push(wire.address);
        return silent.has(wire.address) ? new Promise(() => undefined) : BROKERS;
      },
    });
    const ask = () => readCall(connections, time, METADATA, [null, false, false], time.now() + 9_000);
    await ask();
    const [first] = asked;
    if (first === undefined) throw new Error('unreachable: one was asked');
    silent.add(first);
    const held = ask();
    await time.pass(3_100);
    await held;
    expect(asked).toHaveLength(3);
    expect(asked[2]).not.toBe(first);
    // It still owes an answer: nobody else waits for it.
    await ask();
    expect(asked[3]).toBe(asked[2]);
  });

  it('is passed over, too, while it owes the answer to a renewed token', async () => {
    let name = 'first';
    const silent = new Set<BrokerAddress>();
    const { connections, time } = setUp({
      tokens: { current: async () => shownToken(testCredential(name, 0, 10_000_000)) },
      answer: (apiKey, wire) => (silent.has(wire.address) ? new Promise(() => undefined) : apiKey === METADATA.key ? BROKERS : (LOGIN[apiKey] ?? {})),
    });
    const ask = () => readCall(connections, time, METADATA, [null, false, false], time.now() + 9_000);
    const first = (await connections.toAny('work', time.now() + 9_000)).address;
    await time.pass(2_000);
    silent.add(first);
    name = 'second';
    const held = ask();
    await time.pass(3_100);
    await expect(held).resolves.toBe(BROKERS);
    expect((await connections.toAny('work', time.now() + 9_000)).address).not.toBe(first);
  });

  it('keeps the whole of the time when there is no other', async () => {
    const { connections, time } = setUp({ bootstrap: ['b1:9092'], answer: (apiKey) => (apiKey === METADATA.key ? new Promise(() => undefined) : (LOGIN[apiKey] ?? {})) });
    const failed = expect(readCall(connections, time, METADATA, [null, false, false], time.now() + 9_000)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await time.pass(9_100);
    await failed;
  });

  it('are not opened over and over for a request at which the broker closes each', async () => {
    const { connections, transport, time } = setUp({
      answer: (apiKey, wire) => {
        if (apiKey !== 3) return LOGIN[apiKey] ?? {};
        wire.destroy();
        throw new ConnectionFault('lost', true);
      },
    });
    const failed = expect(readCall(connections, time, METADATA, [null, false, false], time.now() + 3_000)).rejects.toMatchObject({ code: 'NO_BROKER' });
    await time.pass(3_100);
    await failed;
    expect(transport.wires.length).toBeGreaterThan(3);
    expect(transport.wires.length).toBeLessThan(10);
  });
});
