import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy, type FaultProxy } from './start-fault-proxy.ts';

describe('a network that fails', () => {
  let echo: Server;
  let seen: string;
  let proxy: FaultProxy;
  const open = async (): Promise<Socket & { got: string }> => {
    const socket = Object.assign(connect(proxy.port, '127.0.0.1'), { got: '' });
    socket.on('data', (chunk: Buffer) => void (socket.got += chunk.toString())).on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  beforeEach(async () => {
    seen = '';
    echo = createServer((socket) => {
      socket.on('error', () => undefined).on('data', (chunk) => {
        seen += chunk.toString();
        socket.write(chunk);
      });
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await startFaultProxy((echo.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await proxy.stop();
    echo.close();
  });

  it('passes every byte when nothing is wrong, and the end too', async () => {
    const client = await open();
    client.end('hello');
    await once(client, 'close');
    expect([client.got, seen]).toEqual(['hello', 'hello']);
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it('delays, in order', async () => {
    const client = await open();
    proxy.delay(60, 'to-client');
    const at = performance.now();
    client.write('a');
    await expect.poll(() => seen).toBe('a');
    client.write('b');
    await expect.poll(() => client.got).toBe('ab');
    expect(performance.now() - at).toBeGreaterThan(55);
  });

  it('holds one direction after some bytes, and gives what it held when it heals', async () => {
    const client = await open();
    proxy.stall('to-client', 2);
    client.write('hello');
    await expect.poll(() => [seen, client.got]).toEqual(['hello', 'he']);
    proxy.heal();
    await expect.poll(() => client.got).toBe('hello');
  });

  it.each([
    ['to-client', 'hello', 'hel'],
    ['to-server', 'hel', expect.stringMatching(/^(hel)?$/)],
  ] as const)('cuts after three bytes %s', async (direction, atServer, atClient) => {
    const client = await open();
    proxy.cutAfter(3, direction);
    client.write('hello');
    await once(client, 'close');
    expect([seen, client.got, proxy.cuts()]).toEqual([atServer, atClient, 1]);
  });

  it('resets what is open, and refuses what is new', async () => {
    const client = await open();
    client.write('a');
    await expect.poll(() => client.got).toBe('a');
    proxy.refuse();
    client.write('b');
    await expect.poll(() => client.got).toBe('ab');
    const late = connect(proxy.port, '127.0.0.1');
    await once(late, 'error');
    const ended = new Promise<string | undefined>((resolve) => client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));
    proxy.reset();
    expect(await ended).toBe('ECONNRESET');
  });
});
