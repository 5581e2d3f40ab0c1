import { z } from 'zod';
import { directoryFields, isOverTls, OVER_TLS } from '../ldap/directory.settings.js';
import { loginFields } from '../login/login.fields.js';
import { HOST_PATTERN, nodeOrigin } from './node.address.js';

const nodeUrl = z.string().refine((text) => nodeOrigin(text) !== null, 'must be https://host or https://host:port (I22)').transform((text) => nodeOrigin(text) ?? text);

/** A plugin of type `mds`: Confluent's Metadata Service, by password or by a token of its own. */
export const mdsSchema = z
  .strictObject({
    id: z.string(),
    type: z.literal('mds'),
    authority: z.string(),
    /** Nodes in order of preference. TLS always. */
    urls: z.array(nodeUrl).min(1),
    caFile: z.string().optional(),
    /** The exact `iss`; MDS writes this one. */
    issuer: z.string().min(1).max(256).default('Confluent'),
    /** PEM files of the public keys; more than one while the key of MDS changes. */
    publicKeyFiles: z.array(z.string().min(1)).min(1).max(8),
    /** Takes HTTP Basic; false leaves that scheme to another plugin (I1). */
    basic: z.boolean().default(true),
    /** Takes MDS's own tokens. */
    bearer: z.boolean().default(true),
    /** Takes tokens that were made for an impersonator, too (I20). */
    allowImpersonated: z.boolean().default(false),
    maxTokenLifeSeconds: z.int().min(60).max(86_400).default(21_600),
    verifiedTokenCacheSeconds: z.int().min(0).max(60).default(60),
    /** One deadline over all nodes and the directory search. */
    loginDeadlineMs: z.int().min(100).max(5_000).default(5_000),
    /** What one node may take of it. */
    nodeTimeoutMs: z.int().min(50).max(5_000).default(2_000),
    /** Asks MDS for further nodes, as Postern's own account (I23); they must match `hosts`. */
    discovery: z
      .strictObject({
        hosts: z.array(z.string().toLowerCase().regex(HOST_PATTERN, 'must be host:port, where a label may be "*"')).min(1),
        everySeconds: z.int().min(10).max(3_600).default(60),
        service: z.strictObject({ name: z.string().min(1).max(256), passwordFile: z.string().min(1) }),
      })
      .optional(),
    /** The directory of the same authority: `sub` becomes the entry's id, name and groups (I8). Without it MDS tells no groups. */
    directory: z
      .strictObject({ ...directoryFields, connections: z.strictObject({ search: z.int().min(1).max(64).default(2), waiting: z.int().min(1).max(10_000).default(1_000) }).prefault({}) })
      .refine(isOverTls, OVER_TLS)
      .optional(),
    ...loginFields,
  })
  .refine(({ basic, bearer }) => basic || bearer, { path: ['basic'], message: 'basic and bearer cannot both be off' });

export type MdsSettings = z.infer<typeof mdsSchema>;
