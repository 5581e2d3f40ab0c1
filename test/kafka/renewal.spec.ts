import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { longRun } from '../long/token-renewal.ts';
import { stack } from '../setup/stack.ts';

// The short form of the run of half an hour: `npm run test:long -- token-renewal`.
it('a minute of ten-second tokens over both transports: nothing is lost, nobody refused falsely, groups keep their generation', async () => {
  const said: string[] = [];
  const { passed, result } = await longRun.run({ runDir: mkdtempSync(join(stack().runDir, 'renewal-')), minutes: 1, say: (line) => void said.push(line) });
  expect({ passed, faults: said.filter((line) => !line.startsWith('round')) }).toEqual({ passed: true, faults: [] });
  // Four callers, fifty requests a second each: less than half of that is a machine too busy to tell anything.
  expect(Number(/(\d+) requests acknowledged/.exec(result)?.[1])).toBeGreaterThan(5_000);
}, 180_000);
