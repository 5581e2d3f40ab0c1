import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

/** Writes exactly these bytes over TLS. @returns the status of the first answer, or null when the connection just ended */
export const rawCall = (url: string, caFile: string, bytes: string | Buffer): Promise<number | null> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), ca: readFileSync(caFile), servername: 'localhost' }, () => socket.write(bytes));
    let seen = '';
    const finish = (): void => {
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3})/.exec(seen)?.[1];
      resolve(status === undefined ? null : Number(status));
    };
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      if (seen.includes('\r\n\r\n')) finish();
    });
    socket.on('error', finish).on('end', finish).setTimeout(5_000, finish);
  });
