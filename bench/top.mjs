// Where the time goes: self time by function of a .cpuprofile.  node bench/top.mjs FILE [rows]
import { readFileSync } from 'node:fs';

const [file, rows = '30'] = process.argv.slice(2);
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file ?? '', 'utf8'));
const byId = new Map(nodes.map((node) => [node.id, node]));
const self = new Map();
let total = 0;
for (const [i, id] of samples.entries()) {
  const { functionName, url, lineNumber } = byId.get(id).callFrame;
  if (functionName === '(idle)') continue;
  const place = `${functionName || '(anonymous)'} ${url.replace(/^.*\/(node_modules|dist)\//, '$1/')}:${lineNumber + 1}`;
  self.set(place, (self.get(place) ?? 0) + timeDeltas[i]);
  total += timeDeltas[i];
}
for (const [place, time] of [...self].sort((a, b) => b[1] - a[1]).slice(0, Number(rows))) console.log(`${((time / total) * 100).toFixed(1).padStart(5)} %  ${place}`);
