import { z } from 'zod';
import { isGuid } from './group-id.js';

const list = z.array(z.string().min(1).max(1024)).min(1);

/** Who is meant, by what the authority says of them; one match is enough. */
const matchSchema = z.strictObject({ groups: list.optional(), roles: list.optional(), applications: list.optional(), principals: list.optional() });

/** One Entra group's id alone is a whole rule, as an HDInsight cluster had it: `admits: <id>`. */
const groupAlone = (admits: unknown): unknown => (typeof admits === 'string' && isGuid(admits) ? { groups: [admits] } : admits);

const admitsSchema = z.preprocess(
  groupAlone,
  z
    .strictObject({ ...matchSchema.shape, anyoneInThisTenant: z.literal(true).optional() })
    .refine((admits) => Object.values(admits).some((value) => value !== undefined), 'must say whom it admits: groups, roles, applications, principals or anyoneInThisTenant: true'),
);

const kafkaNamesSchema = z.discriminatedUnion('owns', [
  /** Names without "/" that are not GUID-shaped. */
  z.strictObject({ owns: z.literal('plain') }),
  z.strictObject({ owns: z.literal('guid') }),
  /** One name that all share whom the group rule admits (I9's declared exception). Audit keeps the caller. */
  z.strictObject({ owns: z.literal('group'), name: z.string().min(1) }),
  z.strictObject({ owns: z.literal('prefix'), prefix: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}(\/[A-Za-z0-9._@-]{1,31}){0,2}\/$/, 'must be a name that ends in "/"') }),
]);

/** One configured source of identities. */
export const authoritySchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  admits: admitsSchema,
  /** A match here refuses, whatever `admits` says (I24). */
  refuses: matchSchema.optional(),
  kafkaNames: kafkaNamesSchema,
});

export const authoritiesSchema = z.array(authoritySchema).min(1);

export type AuthoritySettings = z.infer<typeof authoritySchema>;
export type KafkaNameSettings = z.infer<typeof kafkaNamesSchema>;
