import { describe, expect, it } from 'vitest';
import type { BrokerAddress } from '../session/cluster-settings.js';
import { connectionsLab } from '../testing/connections.lab.js';
import { LOGIN } from '../testing/fake-transport.js';
import { settle } from '../testing/manual-time.js';
import { testCredential } from '../testing/test-source.js';
import { ConnectionFault } from '../transports/transport.js';
import { METADATA } from './codecs.js';
import { readCall } from './read.call.js';
import { type ShownToken, shownToken } from './shown-token.js';

describe('the connections of a session', () => {
  it('are opened once for requests at once, one for each purpose', async () => {
    const { connections, transport, deadline } = connectionsLab();
    const all = await Promise.all([connections.toAny('work', deadline), connections.toAny('work', deadline), connections.toAny('work', deadline)]);
    expect(new Set(all).size).toBeLessThanOrEqual(2);
    await connections.toAny('fetch-0', deadline);
    const work = await connections.toAny('work', deadline);
    expect(await connections.toAny('work', deadline)).toBe(work);
    expect(await connections.toAny('fetch-0', deadline)).not.toBe(work);
    expect(transport.wires.length).toBeLessThanOrEqual(3);
  });

  it('greet, then log in, one request after the other', async () => {
    const { connections, transport, deadline } = connectionsLab();
    await connections.toAny('work', deadline);
    expect(transport.wires.map(({ keys }) => keys)).toEqual([[18, 17, 36]]);
  });

  it('dial nobody and show no token once they are closed, also when they were waiting for their turn', async () => {
    const turn = Promise.withResolvers<void>();
    const { connections, transport, deadline } = connectionsLab({ turn: turn.promise });
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
    const { connections, transport, deadline } = connectionsLab({
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
      const { connections, deadline } = connectionsLab();
      return (await connections.toAny('work', deadline)).address;
    }));
    expect(new Set(firsts)).toEqual(new Set(['b1:9092', 'b2:9092']));
  });

  it('blame no token where the listener does not offer the mechanism', async () => {
    const { connections, time } = connectionsLab({ answer: (apiKey) => (apiKey === 17 ? { errorCode: 33, mechanisms: ['PLAIN'] } : (LOGIN[apiKey] ?? {})) });
    const failed = expect(connections.toAny('work', time.now() + 3_000)).rejects.toMatchObject({ code: 'NO_BROKER' });
    await time.pass(3_100);
    await failed;
  });

  it('go to the next bootstrap server when one is down, and say NO_BROKER when all are down until the deadline', async () => {
    const up = connectionsLab({ down: ['b1:9092'] });
    expect((await up.connections.toAny('work', up.deadline)).address).toBe('b2:9092');
    const down = connectionsLab({ down: ['b1:9092', 'b2:9092'] });
    const failed = expect(down.connections.toAny('work', down.time.now() + 3_000)).rejects.toMatchObject({ code: 'NO_BROKER' });
    await down.time.pass(3_100);
    await failed;
  });

  it('write nothing to a broker that has asked for quiet, and say so when that outlasts the deadline', async () => {
    const { connections, time, transport } = connectionsLab({ answer: (apiKey) => (apiKey === 3 ? { throttleTimeMs: 500, brokers: [], topics: [] } : (LOGIN[apiKey] ?? {})) });
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
    const { connections, notices, deadline } = connectionsLab();
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
    const { connections, transport, deadline } = connectionsLab({ bootstrap: ['lb:9092'] });
    await connections.toAny('work', deadline);
    connections.learn([{ nodeId: 1, host: 'n1.kafka.test', port: 9092 }]);
    await connections.toNode('work', 1, deadline);
    expect(transport.wires.map(({ address, isOpen }) => [address, isOpen])).toEqual([
      ['lb:9092', false],
      ['n1.kafka.test:9092', true],
    ]);
  });

  it('send nothing for a caller whose time is up', async () => {
    const token = Promise.withResolvers<ShownToken>();
    let isSlow = false;
    const now = shownToken(testCredential('t', 0, 10_000_000));
    const { connections, transport, time, deadline } = connectionsLab({ tokens: { current: () => (isSlow ? token.promise : Promise.resolve(now)) } });
    const connection = await connections.toAny('work', deadline);
    isSlow = true;
    const late = expect(connection.request(METADATA, [[], false, false], time.now() + 100)).rejects.toMatchObject({ reason: 'no-answer', written: false });
    await time.pass(200);
    token.resolve(now);
    await late;
    expect(transport.wires[0]?.keys).toEqual([18, 17, 36]);
  });

  it('give up a connection that is silent for the whole broker deadline', async () => {
    const { connections, time, transport } = connectionsLab({ answer: (apiKey) => (apiKey === 3 ? new Promise(() => undefined) : LOGIN[apiKey]) });
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
    const { connections, time } = connectionsLab({
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
    const { connections, time } = connectionsLab({
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
    const { connections, time } = connectionsLab({ bootstrap: ['b1:9092'], answer: (apiKey) => (apiKey === METADATA.key ? new Promise(() => undefined) : (LOGIN[apiKey] ?? {})) });
    const failed = expect(readCall(connections, time, METADATA, [null, false, false], time.now() + 9_000)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await time.pass(9_100);
    await failed;
  });

  it('are not opened over and over for a request at which the broker closes each', async () => {
    const { connections, transport, time } = connectionsLab({
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
