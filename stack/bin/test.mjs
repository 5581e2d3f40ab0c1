// npm test: sets itself up on a fresh clone, then runs every check in order. The last line is `N passed, N failed`.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, requireServers, ROOT, run } from './self-setup.mjs';

const results = mkdtempSync(join(tmpdir(), 'postern-results-'));
const problems = [];
let passed = 0;
let failed = 0;

const fail = (count, problem) => {
  failed += count;
  problems.push(problem);
};

const step = async (name, action) => {
  const before = performance.now();
  console.log(`\n== ${name}`);
  const ok = await action();
  console.log(`== ${name}: ${ok ? 'ok' : 'FAILED'} (${((performance.now() - before) / 1_000).toFixed(1)} s)`);
};

const check = (name) =>
  step(name, async () => {
    const ok = (await run('npm', ['run', '--silent', name])) === 0;
    if (!ok) fail(1, `${name} failed`);
    return ok;
  });

/** A file that cannot be loaded holds no failed test, and a run can fail after its last test: both are counted. */
const tests = (project, folders = []) =>
  step(`${project} tests ${folders.join(' ')}`, async () => {
    const file = join(results, `${project}${folders.length}.json`);
    const code = await run('vitest', ['run', '--project', project, ...folders, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
    let report;
    try {
      report = JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      fail(1, `${project}: the run ended without a report`);
      return false;
    }
    const before = failed;
    passed += report.numPassedTests;
    if (report.numFailedTests > 0) fail(report.numFailedTests, `${project}: ${report.numFailedTests} tests failed`);
    const unloaded = report.testResults.filter((result) => result.status === 'failed' && !result.assertionResults.some((one) => one.status === 'failed'));
    if (unloaded.length > 0) fail(unloaded.length, `${project}: files that failed outside a test: ${unloaded.map((result) => result.name).join(', ')}`);
    const left = report.numTotalTests - report.numPassedTests - report.numFailedTests;
    if (left > 0) fail(left, `${project}: ${left} tests did not run`);
    if (report.numTotalTests === 0) fail(1, `${project}: no tests ran`);
    if (code !== 0 && failed === before) fail(1, `${project}: an error outside every test`);
    return failed === before;
  });

requireServers();
await install();
for (const name of ['typecheck', 'lint', 'boundaries', 'build']) await check(name);
await tests('unit');
// Two runs at once, each with servers of its own: most of their time is waiting, for outages to end and tokens to run out.
const folders = readdirSync(join(ROOT, 'test'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => `test/${name}/`);
await Promise.all([tests('integration', folders.filter((folder) => folder !== 'test/kafka/')), tests('integration', ['test/kafka/'])]);
rmSync(results, { recursive: true, force: true });
console.log(problems.length === 0 ? '' : `\n${problems.join('\n')}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
