import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pythonWith } from '../../../stack/src/python/python-environment.ts';
import type { IssuerDescription } from '../../../stack/src/index.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface ClientRun {
  readonly endpoint: string;
  readonly issuer: Pick<IssuerDescription, 'url' | 'port' | 'caFile' | 'tenant'>;
  readonly client: { readonly appId: string; readonly secret: string };
  /** True: the client names Entra's own login host, whose name is pointed at the issuer. */
  readonly asEntra?: boolean;
  readonly args?: readonly string[];
  /** Told each line as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface ClientEnd {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs the Python client with the real MSAL, which trusts the stack's CA and nothing else. */
export const runClient = async ({ endpoint, issuer, client, asEntra = false, args = [], onLine = () => {} }: ClientRun): Promise<ClientEnd> => {
  const python = await pythonWith(here('requirements.txt'), onLine);
  const authority = `${asEntra ? 'https://login.microsoftonline.com' : issuer.url}/${issuer.tenant}`;
  const pointed = asEntra ? { PYTHONPATH: here('pointed'), ISSUER_PORT: String(issuer.port) } : {};
  const env = { ...process.env, CLIENT_SECRET: client.secret, REQUESTS_CA_BUNDLE: issuer.caFile, PYTHONDONTWRITEBYTECODE: '1', NO_PROXY: '*', ...pointed };
  const child = spawn(python, [here('hdinsight_client.py'), endpoint, authority, client.appId, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const line of text.split('\n')) if (line !== '') onLine(line);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode: exitCode ?? -1, output }));
  });
};
