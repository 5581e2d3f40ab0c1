import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Ports given out by this process: a server that has not bound its port yet would be robbed of it otherwise. */
const given = new Set<number>();

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });

/**
 * The usual port when it is free, else a free one between 20000 and 31999: below the ephemeral range, so that no
 * outgoing connection of another program takes it between this check and the server's start.
 * @param usual null: any free one
 */
export const choosePort = async (usual: number | null): Promise<number> => {
  for (let port = usual ?? randomInt(20_000, 32_000), tries = 0; tries < 500; port = randomInt(20_000, 32_000), tries++) {
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error('no free port between 20000 and 31999');
};
