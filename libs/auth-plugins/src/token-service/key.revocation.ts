import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StartupError } from '../contract/startup.error.js';
import { writeAtomically } from '../files/atomic-write.js';
import { readOwnerOnlyFile } from '../files/owner-only.file.js';
import { readKeyFile } from './key-file.js';
import { earliestSignature, signingKeyAt } from './signing-key.choice.js';

export interface RevocationOrder {
  readonly keysFile: string;
  readonly baseDir: string;
  readonly clusterId: string;
  readonly kid: string;
  readonly brokerRefreshSeconds: number;
  /** Epoch ms. */
  readonly now: number;
}

/** What was done. `signer`: who signs from `at` on; null when nobody can, so that callers of minted cells get 503 until there is a key. */
export type Revoked = { readonly kind: 'revoked'; readonly signer: { readonly kid: string; readonly at: number } | null } | { readonly kind: 'unknown-kid' };

interface KeyEntry {
  kid: string;
  state: string;
  publishedAt: string;
  activeAt: string | null;
  retiredAt: string | null;
}

/**
 * `keys revoke`: the key is `removed` in the shared file at once, whatever that costs (I17); running processes see the file
 * and drop the key, its tokens and sessions. A `next` key takes over as soon as brokers may be expected to know it.
 * @throws StartupError for a file that is bad already, and while another order edits it
 */
export const revokeKey = (order: RevocationOrder): Promise<Revoked> => {
  const path = resolve(order.baseDir, order.keysFile);
  return alone(path, () => revokeIn(path, order));
};

const revokeIn = async (path: string, { clusterId, kid, brokerRefreshSeconds, now }: RevocationOrder): Promise<Revoked> => {
  // The leaked key's own file may be gone: people delete it first, and without this order every process would go on signing with it.
  const left = readKeyFile(path, clusterId, kid);
  const document = JSON.parse(readOwnerOnlyFile(path, 'keysFile')) as { keys: KeyEntry[] };
  if (!document.keys.some((entry) => entry.kid === kid && entry.state !== 'removed')) return { kind: 'unknown-kid' };
  const signing = signingKeyAt(left, now);
  // Of several the one that brokers have known for longest: it may sign first.
  const next = signing === null ? (left.filter(({ state }) => state === 'next').toSorted((a, b) => a.publishedAt - b.publishedAt)[0] ?? null) : null;
  const takesOver = next === null ? null : { kid: next.kid, at: Math.max(now, earliestSignature(next, brokerRefreshSeconds)) };
  for (const entry of document.keys) {
    if (entry.kid === kid) Object.assign(entry, { state: 'removed', retiredAt: new Date(now).toISOString() });
    if (entry.kid === takesOver?.kid) entry.activeAt = new Date(takesOver.at).toISOString();
  }
  await writeAtomically(path, `${JSON.stringify(document, null, 2)}\n`, 0o600);
  return { kind: 'revoked', signer: signing === null ? takesOver : { kid: signing.kid, at: now } };
};

/** Two orders at once would each write what they had read, and one of the two keys would be back. */
const alone = async <T>(path: string, edit: () => Promise<T>): Promise<T> => {
  const lock = `${path}.lock`;
  const held = await open(lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(error.code === 'EEXIST' ? `${lock}: another command edits these keys; if none is running, delete this file` : `${lock} cannot be made (${error.code ?? 'error'})`);
  });
  try {
    return await edit();
  } finally {
    await held.close();
    await rm(lock, { force: true });
  }
};

/** @throws StartupError for a cluster that is not there or mints nothing */
export const assertMints = <T>(settings: T | undefined, clusterId: string): T => {
  if (settings === undefined) throw new StartupError(`cluster '${clusterId}' is not configured, or has no tokenService`);
  return settings;
};
