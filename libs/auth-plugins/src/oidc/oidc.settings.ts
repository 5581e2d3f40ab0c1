import { z } from 'zod';

const httpsUrl = z.url({ protocol: /^https$/ });
/** A member of the payload, or the way to a nested one: `groups`, or `[realm_access, roles]`. Names with dots or slashes are one member. */
const claimPath = z.union([z.string().min(1).max(128).transform((name) => [name]), z.array(z.string().min(1).max(128)).min(1).max(5)]);

/** A plugin of type `oidc`: access tokens of one issuer that is not Entra. */
export const oidcSchema = z
  .strictObject({
    id: z.string(),
    type: z.literal('oidc'),
    authority: z.string(),
    /** The exact `iss`, slash for slash. */
    issuer: httpsUrl.refine((text) => !/[?#]/.test(text), 'cannot have a query or a fragment'),
    audiences: z.array(z.string().min(1).max(256)).min(1),
    /** Takes tokens that name further audiences beside ours: anyone of those could show the token here. */
    allowSeveralAudiences: z.boolean().default(false),
    algorithms: z.array(z.enum(['RS256', 'PS256', 'ES256'])).min(1).default(['RS256']),
    /** `typ` of the header: `at+jwt` by RFC 9068, `JWT` by most, `none` where the issuer writes none. */
    types: z.array(z.enum(['at+jwt', 'JWT', 'none'])).min(1).default(['at+jwt', 'JWT']),
    /** Where the keys are; else they are discovered. */
    jwksUrl: httpsUrl.optional(),
    /** Takes the address of the keys from the issuer's document; `hosts` may be there beside the issuer's own. */
    discovery: z.strictObject({ hosts: z.array(z.string().regex(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, 'must be host or host:port')).default([]) }).optional(),
    caFile: z.string().optional(),
    /** Becomes the principal's name; the subject stays `iss` and `sub`. Whoever can change this claim can change names. */
    principalClaim: claimPath.prefault('sub'),
    /** Full DNs or GUIDs. Without it groups are unknown; groups by name belong into `rolesClaim`. */
    groupsClaim: claimPath.optional(),
    rolesClaim: claimPath.optional(),
    applicationClaim: claimPath.prefault('azp'),
    /** Members that must be there with exactly this text, such as `typ: Bearer` of Keycloak, which tells its access tokens from others. */
    requiredClaims: z.record(z.string().min(1), z.string()).default({}),
    maxTokenLifeSeconds: z.int().min(60).max(172_800).default(86_400),
    verifiedTokenCacheSeconds: z.int().min(0).max(60).default(60),
  })
  .refine(({ jwksUrl, discovery }) => (jwksUrl === undefined) !== (discovery === undefined), { path: ['jwksUrl'], message: 'needs either jwksUrl or discovery' });

export type OidcSettings = z.infer<typeof oidcSchema>;
