import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/* The specs of the HDInsight API begin their names with the numbers of the conformance cases that they hold. */
const NAME = /(?:\bit\(|^\s*\[|\]\)\()\s*["'](\d{1,2}(?:, \d{1,2})*(?:; \d{1,2})*)[ ,]/gm;
const FURTHER = /; (\d{1,2}) /g;

it('every conformance case 1-44 of the HDInsight API has a spec', () => {
  const held = new Set<number>();
  let names = 0;
  for (const file of readdirSync('test/api').filter((each) => /^hdinsight.*\.spec\.ts$/.test(each))) {
    for (const line of readFileSync(`test/api/${file}`, 'utf8').split('\n')) {
      for (const [, numbers = ''] of line.matchAll(NAME)) {
        names++;
        for (const number of [...numbers.split(', '), ...[...line.matchAll(FURTHER)].map(([, more]) => more)]) held.add(Number(number));
      }
    }
  }
  const missing = Array.from({ length: 44 }, (_, n) => n + 1).filter((number) => !held.has(number));
  console.log(`HDInsight: ${44 - missing.length} of 44 conformance cases, in ${names} named specs and rows`);
  expect(missing).toEqual([]);
});
