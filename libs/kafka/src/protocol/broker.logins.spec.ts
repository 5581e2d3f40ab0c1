import { describe, expect, it } from 'vitest';
import { KafkaError } from '../errors/kafka-error.js';
import { connectionsLab } from '../testing/connections.lab.js';
import { LOGIN, type FakeWire } from '../testing/fake-transport.js';
import { settle } from '../testing/manual-time.js';
import { testCredential } from '../testing/test-source.js';
import { ConnectionFault } from '../transports/transport.js';
import { METADATA } from './codecs.js';
import { type ShownToken, shownToken } from './shown-token.js';

describe('connections that log in', () => {
  it('take an error challenge for the refusal that it is, finish the exchange, and ask what to show next', async () => {
    const shown: string[] = [];
    const { connections, transport, time, deadline } = connectionsLab({
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
    const { connections, transport, time, deadline } = connectionsLab({ tokens: { current: async () => shownToken(testCredential(name, 0, 10_000_000)) } });
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
    const { connections, transport, time, deadline } = connectionsLab({ tokens: { current: async () => shownToken(testCredential(++asked > 3 ? 'second' : 'first', 0, 10_000_000)) } });
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
    const { connections, time } = connectionsLab({
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
    const { connections, deadline } = connectionsLab({ answer: (apiKey) => (apiKey === lostAt ? Promise.reject(new ConnectionFault('lost', true)) : LOGIN[apiKey]) });
    connections.learn([{ nodeId: 1, host: 'n1.kafka.test', port: 9092 }]);
    await expect(connections.toNode('work', 1, deadline)).rejects.toMatchObject({ reason: 'lost', written: false });
  });

  it('wait for a token no longer than the deadline', async () => {
    let wait: Promise<void> | null = null;
    const { connections, time } = connectionsLab({ tokens: { current: async () => (await wait, shownToken(testCredential('t', 0, 10_000_000))) } });
    const connection = await connections.toAny('work', time.now() + 10_000);
    wait = new Promise(() => undefined);
    const failed = expect(connection.request(METADATA, [[], false, false], time.now() + 500)).rejects.toMatchObject({ reason: 'no-answer', written: false });
    await time.pass(600);
    await failed;
  });

  it('are ended and reported when a newer token turns out to be another principal', async () => {
    let name = 'first';
    const { connections, notices, time, deadline } = connectionsLab({
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
    const { connections, transport, time, deadline } = connectionsLab({ answer: (apiKey) => (apiKey === 36 ? { ...(LOGIN[36] as object), sessionLifetimeMs: 5_000n } : (LOGIN[apiKey] ?? {})) });
    const connection = await connections.toAny('work', deadline);
    await time.pass(4_000);
    await connection.request(METADATA, [[], false, false], deadline);
    expect(transport.wires[0]?.keys).toEqual([18, 17, 36, 17, 36, 3]);
    await time.pass(4_900);
    await expect(connection.request(METADATA, [[], false, false], deadline)).resolves.toBeDefined();
  });
});
