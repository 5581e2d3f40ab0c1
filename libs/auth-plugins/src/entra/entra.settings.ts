import { z } from 'zod';
import { graphSchema } from '../groups/graph.settings.js';

/**
 * Azure HDInsight's audience as its callers' tokens name it: the resource with and without its slash, and the application id
 * of the HDInsight Identity Broker. Sovereign clouds have other hosts: a setting replaces the list.
 */
export const HDINSIGHT_AUDIENCES: readonly string[] = ['https://hib.azurehdinsight.net', 'https://hib.azurehdinsight.net/', '7865c1d2-f040-46cc-875f-831a1ef6a28a'];

const guid = z.guid().transform((text) => text.toLowerCase());

/** One token version: Entra's v1 and v2 differ in issuer, audience and client claim, and are pinned apart. */
const versionSchema = z.strictObject({
  issuer: z.url({ protocol: /^https$/ }),
  /** Postern's own. May be absent where `hdinsight` brings others. */
  audiences: z.array(z.string().min(1).max(256)).default([]),
  /** Fixed here and never taken from a metadata document. TLS always. */
  jwksUrl: z.url({ protocol: /^https$/ }),
});

/** A plugin of type `entra`: tokens of one Microsoft Entra tenant. */
export const entraSchema = z
  .strictObject({
    id: z.string(),
    type: z.literal('entra'),
    authority: z.string(),
    tenant: guid,
    versions: z
      .strictObject({ v1: versionSchema.optional(), v2: versionSchema.optional() })
      .refine(({ v1, v2 }) => v1 !== undefined || v2 !== undefined, 'needs v1, v2 or both')
      .refine(({ v1, v2 }) => v1?.issuer !== v2?.issuer, 'v1 and v2 cannot share an issuer')
      .refine(({ v1, v2 }) => [v1, v2].every((version) => version === undefined || version.issuer.length > 0), 'needs an issuer'),
    /** PEM of the CA behind jwksUrl; absent: Node's roots. */
    caFile: z.string().optional(),
    /** Which library checks signatures; one table of attacks holds both. */
    verifier: z.enum(['jose', 'passport-azure-ad']).default('jose'),
    /** Where groups come from that a token does not tell; absent: such callers get 503 where a group decides. */
    graph: graphSchema.optional(),
    /** Takes tokens for Azure HDInsight too, in both versions: for the HDInsight API alone, minted alone, by a group rule alone (I20). */
    hdinsight: z.strictObject({ audiences: z.array(z.string().min(1).max(256)).min(1).default([...HDINSIGHT_AUDIENCES]) }).optional(),
    /** Longest accepted life of a token, seconds: 28 h covers Entra's longest (clients aware of continuous access evaluation). */
    maxTokenLifeSeconds: z.int().min(60).max(172_800).default(100_800),
    /** Verified tokens are remembered this long at most; 0 turns the cache off. */
    verifiedTokenCacheSeconds: z.int().min(0).max(60).default(60),
  })
  .refine(({ versions, hdinsight }) => hdinsight !== undefined || versions.v1?.audiences.length !== 0, { path: ['versions', 'v1', 'audiences'], message: 'needs at least one' })
  .refine(({ versions, hdinsight }) => hdinsight !== undefined || versions.v2?.audiences.length !== 0, { path: ['versions', 'v2', 'audiences'], message: 'needs at least one' })
  .refine(({ versions, hdinsight }) => versionsOf(versions).every(({ audiences }) => !audiences.some((audience) => hdinsight?.audiences.includes(audience))), {
    path: ['hdinsight', 'audiences'],
    message: 'an audience is either Postern\'s own or HDInsight\'s',
  });

type Version = z.infer<typeof versionSchema>;
const versionsOf = ({ v1, v2 }: { readonly v1?: Version | undefined; readonly v2?: Version | undefined }): readonly Version[] => [v1, v2].filter((version) => version !== undefined);

export type EntraSettings = z.infer<typeof entraSchema>;
export type EntraVersion = 'v1' | 'v2';
