import { z } from 'zod';

const https = z.url({ protocol: /^https$/ }).refine((url) => !/[?#]/.test(url), 'must have no query and no fragment');

/**
 * Microsoft Graph as the source of groups that a token does not tell. `url`, `tokenUrl` and `scope` name the cloud
 * (graph.microsoft.us and others for sovereign ones). The application needs Application.Read.All for service
 * principals, and User.Read.All with GroupMember.Read.All for people (Graph's page on checkMemberGroups).
 */
export const graphSchema = z.strictObject({
  tokenUrl: https,
  url: https.default('https://graph.microsoft.com').transform((url) => url.replace(/\/+$/, '')),
  scope: z.string().min(1).default('https://graph.microsoft.com/.default'),
  /** PEM of the CA behind both addresses; absent: Node's roots. */
  caFile: z.string().optional(),
  clientId: z.guid(),
  /** Owner-only. */
  clientSecretFile: z.string().min(1),
  /** `always` does not believe the token's own groups either, which are as old as the token. */
  ask: z.enum(['when-unknown', 'always']).default('when-unknown'),
  /** How long a membership is believed (I14: at most 300). */
  cacheSeconds: z.int().min(1).max(300).default(300),
  /** How long "in none of them" is believed. */
  negativeSeconds: z.int().min(1).max(300).default(60),
  /** How much longer a membership is believed while Graph is down (I14: at most 900). */
  graceSeconds: z.int().min(0).max(900).default(900),
});

export type GraphSettings = z.infer<typeof graphSchema>;
