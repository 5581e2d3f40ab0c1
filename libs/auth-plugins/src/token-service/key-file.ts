import { createPrivateKey, type KeyObject } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { StartupError } from '../contract/startup.error.js';
import { readOwnerOnlyFile } from '../files/owner-only.file.js';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** I17: one file, the same on all replicas, with explicit times. Times are epoch ms once parsed. */
const keyFileSchema = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        kid: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
        state: z.enum(['next', 'active', 'retiring', 'removed']),
        /** PKCS 8 in PEM, relative to this file. */
        privateKeyFile: z.string().min(1),
        publishedAt: time,
        activeAt: time.nullable(),
        retiredAt: time.nullable(),
      }),
    )
    .min(1),
});

export interface SigningKey {
  readonly kid: string;
  readonly state: 'next' | 'active' | 'retiring';
  readonly privateKey: KeyObject;
  readonly publishedAt: number;
  readonly activeAt: number | null;
  readonly retiredAt: number | null;
}

const MIN_BITS = 2048;

/**
 * Reads a cluster's signing keys; removed ones are left out and their files are not opened.
 * @param unopened a kid that is left out as if it were removed
 * @throws StartupError for a bad file, rights that let others read, a key that is not RSA of at least 2048 bits, a kid twice
 */
export const readKeyFile = (path: string, clusterId: string, unopened?: string): readonly SigningKey[] => {
  const what = `clusters.${clusterId}.tokenService.keysFile`;
  const parsed = keyFileSchema.safeParse(parseJson(readOwnerOnlyFile(path, what), what, path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StartupError(`${what}: ${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'bad form'}`);
  }
  const kids = new Set<string>();
  const keys: SigningKey[] = [];
  for (const { state, privateKeyFile, ...rest } of parsed.data.keys) {
    if (kids.has(rest.kid)) throw new StartupError(`${what}: ${path}: kid '${rest.kid}' stands twice`);
    kids.add(rest.kid);
    if (state === 'active' && rest.activeAt === null) throw new StartupError(`${what}: ${path}: active key '${rest.kid}' has no activeAt`);
    if (state !== 'removed' && rest.kid !== unopened) keys.push({ ...rest, state, privateKey: readPrivateKey(resolve(dirname(path), privateKeyFile), what, rest.kid) });
  }
  return keys;
};

const readPrivateKey = (path: string, what: string, kid: string): KeyObject => {
  const pem = readOwnerOnlyFile(path, what);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new StartupError(`${what}: key '${kid}': ${path} holds no private key in PEM`);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < MIN_BITS) throw new StartupError(`${what}: key '${kid}' must be RSA of at least ${MIN_BITS} bits`);
  return key;
};

const parseJson = (text: string, what: string, path: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new StartupError(`${what}: ${path} is no JSON`);
  }
};
