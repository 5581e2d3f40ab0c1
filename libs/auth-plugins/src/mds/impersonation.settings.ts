import { z } from 'zod';
import { nodeOrigin } from './node.address.js';

const nodeUrl = z.string().refine((text) => nodeOrigin(text) !== null, 'must be https://host or https://host:port (I22)').transform((text) => nodeOrigin(text) ?? text);

/**
 * Block `plugins[].impersonation` of a plugin `mtls`: MDS makes its callers' tokens. Whoever holds this account can be any
 * caller of the cluster that MDS does not protect: it is a key like those of the token service (I16).
 */
export const impersonationSchema = z.strictObject({
  urls: z.array(nodeUrl).min(1),
  caFile: z.string().optional(),
  issuer: z.string().min(1).max(256).default('Confluent'),
  /** PEM files of the public keys that MDS signs with. */
  publicKeyFiles: z.array(z.string().min(1)).min(1).max(8),
  /** Postern's own account there, which MDS lists as allowed to impersonate: by certificate, as Confluent's proxy does it, or by password. */
  as: z.union([z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }), z.strictObject({ name: z.string().min(1).max(256), passwordFile: z.string().min(1) })]),
  maxTokenLifeSeconds: z.int().min(60).max(86_400).default(21_600),
  /** One deadline over all nodes. */
  deadlineMs: z.int().min(100).max(5_000).default(5_000),
  nodeTimeoutMs: z.int().min(50).max(5_000).default(2_000),
});

export type ImpersonationSettings = z.infer<typeof impersonationSchema>;
