import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';

/**
 * GET / at a fixed rate, whatever the answers take: one Authorization value of the file for each request, in turn.
 * @returns the time of every answer in milliseconds
 */
export const paced = async (url: string, file: string, perSecond: number, ms: number): Promise<readonly number[]> => {
  const values = readFileSync(file, 'utf8').trim().split('\n');
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const times: number[] = [];
  const calls: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let i = 0; i < (perSecond * ms) / 1_000; i++) {
    const due = startedAt + (i * 1_000) / perSecond;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    calls.push(
      new Promise((resolve, reject) => {
        const sentAt = performance.now();
        get(url, { agent, headers: { authorization: values[i % values.length] ?? '' } }, (response) => {
          response.resume().on('end', () => {
            times.push(performance.now() - sentAt);
            resolve();
          });
        }).on('error', reject);
      }),
    );
  }
  await Promise.all(calls);
  agent.destroy();
  return times;
};

export const percentile = (values: readonly number[], part: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
