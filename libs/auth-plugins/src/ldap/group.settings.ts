import { z } from 'zod';

export const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be an attribute name');

/** Groups found by their members, instead of by an attribute of the person. */
export const groupSearchSchema = z
  .strictObject({
    base: z.string().min(3),
    /** member, uniqueMember: holds DNs; memberUid: holds names (RFC 2307). */
    memberAttribute: attribute.default('member'),
    objectClass: attribute.optional(),
    /** Groups in groups: in-chain asks Active Directory for all at once; walk asks level by level, anywhere else. */
    nested: z.enum(['no', 'walk', 'in-chain']).default('no'),
    /** What rules name: full DNs, or the groups' immutable ids. */
    idAttribute: z.enum(['dn', 'objectGUID', 'entryUUID']).default('dn'),
    /** More than these is "unknown": 503 wherever a rule names a group. */
    maxGroups: z.int().min(1).max(1_000).default(500),
    maxDepth: z.int().min(1).max(50).default(10),
  })
  .refine(({ memberAttribute, nested }) => memberAttribute.toLowerCase() !== 'memberuid' || nested === 'no', { path: ['nested'], message: 'must be no with memberUid: such groups hold people only' });

export type GroupSearchSettings = z.infer<typeof groupSearchSchema>;
