import { z } from 'zod';

/** Block `clusters[].listeners[].trusts`: the one issuer that a stock broker listener believes. */
export const trustsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('token-service') }),
  z.strictObject({
    kind: z.literal('issuer'),
    issuer: z.string().min(1),
    audiences: z.array(z.string().min(1)).min(1),
    /** The broker's sasl.oauthbearer.sub.claim.name. */
    principalClaim: z.string().min(1),
  }),
  /** A listener for tokens of Confluent's Metadata Service: no audience, the principal is `sub`. */
  z.strictObject({ kind: z.literal('mds'), issuer: z.string().min(1).default('Confluent') }),
]);

/** Block `clusters[].credentials`: which Kafka credential a caller gets, by where its own came from (I19). */
export const credentialRowsSchema = z
  .array(
    z.strictObject({
      /** An exact inbound `iss` or `authority:<id>` for callers without a token. */
      from: z.string().min(1),
      source: z.enum(['minted', 'caller', 'mds']),
      listener: z.string().min(1),
      /** The listener of the minted tokens for callers whose own is for HDInsight; absent: `listener`, where that mints. */
      hdinsight: z.string().min(1).optional(),
    }),
  )
  .min(1);

export type Trusts = z.infer<typeof trustsSchema>;
export type CredentialRow = z.infer<typeof credentialRowsSchema>[number];
