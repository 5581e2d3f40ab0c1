import { z } from 'zod';

/** The block `tokenService`. `jwksListener` belongs to the app that serves it and is passed through. */
export const tokenServiceSchema = z.strictObject({
  /** `iss` of every minted token; unique to this deployment. Nothing is fetched from it. */
  issuer: z.url({ protocol: /^https$/ }),
  lifeSeconds: z.int().min(60).max(900).default(300),
  jwksListener: z.unknown().optional(),
});

/** The block `clusters[].tokenService`. */
export const clusterTokenServiceSchema = z.strictObject({
  /** The one `aud` of tokens for this cluster. */
  audience: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/),
  keysFile: z.string().min(1),
  jwksFile: z.string().min(1).optional(),
  /** The brokers' sasl.oauthbearer.jwks.endpoint.refresh.ms, in seconds: a new key must have been published for two of them (I17). */
  brokerRefreshSeconds: z.int().min(1).max(300).default(300),
});

export type TokenServiceSettings = z.infer<typeof tokenServiceSchema>;
export type ClusterTokenServiceSettings = z.infer<typeof clusterTokenServiceSchema>;
