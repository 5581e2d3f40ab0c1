import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import type { Everything } from './start-everything.ts';

interface Step {
  readonly title: string;
  readonly command: string;
  /** null: a command that only sets a shell variable. */
  readonly status: number | null;
}

const TYPES = `-H 'Content-Type: application/vnd.kafka.json.v2+json' -H 'Accept: application/vnd.kafka.v2+json'`;
const RECORD = `-d '{"records":[{"key":"k","value":{"n":1}}]}'`;

const steps = ({ issuer, mds, proxy }: Everything): readonly Step[] => {
  const caFile = relative(process.cwd(), proxy.caFile);
  const curl = `curl -sS --cacert ${caFile} -w '\\n%{http_code}\\n'`;
  const mdsTokenOf = `curl -sS --cacert ${caFile} -u alice:alice-secret ${mds.url}/security/1.0/authenticate | sed -E 's/.*"auth_token":"([^"]+)".*/\\1/'`;
  const { appId, secret } = issuer.client('orders-service');
  const form = ['grant_type=client_credentials', `client_id=${appId}`, `client_secret=${secret}`, 'scope=api://postern/.default'].map((pair) => `-d ${pair}`).join(' ');
  const tokenOf = `curl -sS --cacert ${caFile} ${form} ${issuer.v2.tokenUrl} | sed -E 's/.*"access_token":"([^"]+)".*/\\1/'`;
  return [
    { title: 'alice, by her directory password, produces to orders', command: `${curl} -u alice:alice-secret ${TYPES} ${RECORD} ${proxy.url}/topics/orders`, status: 200 },
    { title: 'alice lists topics: those that Kafka lets her see', command: `${curl} -u alice:alice-secret ${proxy.url}/topics`, status: 200 },
    { title: 'alice looks at orders', command: `${curl} -u alice:alice-secret ${proxy.url}/topics/orders`, status: 200 },
    { title: 'a wrong password', command: `${curl} -u alice:wrong ${proxy.url}/topics`, status: 401 },
    { title: 'alice logs in at the Metadata Service (a double of it) and gets its token', command: `MDS_TOKEN=$(${mdsTokenOf})`, status: null },
    { title: 'alice, by that token, produces to orders', command: `${curl} -H "Authorization: Bearer $MDS_TOKEN" ${TYPES} ${RECORD} ${proxy.url}/topics/orders`, status: 200 },
    { title: 'the service principal orders-service fetches an Entra token', command: `TOKEN=$(${tokenOf})`, status: null },
    { title: 'orders-service produces to orders as itself', command: `${curl} -H "Authorization: Bearer $TOKEN" ${TYPES} ${RECORD} ${proxy.url}/topics/orders`, status: 200 },
    { title: 'orders-service has no right on payments', command: `${curl} -H "Authorization: Bearer $TOKEN" ${TYPES} ${RECORD} ${proxy.url}/topics/payments`, status: 403 },
  ];
};

/** A topic's settings are many: enough of the answer to know it by, and its last line, the status. */
const shown = (answer: string): string =>
  answer
    .split('\n')
    .map((line) => (line.length > 300 ? `  ${line.slice(0, 300)}... (${line.length} characters)` : `  ${line}`))
    .join('\n');

/**
 * Prints command lines to copy, each with the answer that it really gives now.
 * @returns how many answers were not the expected ones
 */
export const demonstrate = (everything: Everything, print: (line: string) => void): number => {
  if (spawnSync('curl', ['--version']).error !== undefined) {
    print('curl is not installed (apt-get install curl): the lines below were not run.');
    for (const { title, command } of steps(everything)) print(`\n# ${title}\n${command}`);
    return 0;
  }
  let variables = '';
  let unexpected = 0;
  for (const { title, command, status } of steps(everything)) {
    print(`\n# ${title}\n${command}`);
    if (status === null) {
      variables += `${command}\n`;
      continue;
    }
    const { stdout, stderr } = spawnSync('bash', ['-c', `${variables}${command}`], { encoding: 'utf8', timeout: 30_000 });
    const answer = `${stdout}${stderr}`.trim();
    print(shown(answer));
    if (!answer.endsWith(String(status))) {
      unexpected++;
      print(`  ^ expected ${status}`);
    }
  }
  return unexpected;
};
