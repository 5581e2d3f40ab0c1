import { canonicalGroupId } from '@postern/auth-plugins';
import { z } from 'zod';
import { APIS, OPERATIONS } from './operation.js';

const list = (item: z.ZodString) => z.array(item).min(1);
const text = z.string().min(1).max(1024);

/** `api.v2.topics.list`, or `api.v2.topics.*` for all under it, or `*`. */
const isPattern = (pattern: string): boolean => OPERATIONS.some((operation) => matchesOperation(pattern, operation));

export const matchesOperation = (pattern: string, operation: string): boolean => (pattern.endsWith('*') ? isUnder(pattern.slice(0, -1), operation) : pattern === operation);

const isUnder = (start: string, operation: string): boolean => (start === '' || start.endsWith('.')) && operation.startsWith(start);

/** Whom a rule is about: principals of one authority by any of the lists, or everyone whom the authorities admit. */
const who = z
  .strictObject({
    authority: z.string().optional(),
    groups: z.array(text.refine((group) => canonicalGroupId(group) !== null, 'is neither a full DN nor a GUID')).min(1).optional(),
    roles: list(text).optional(),
    applications: list(text).optional(),
    principals: list(text).optional(),
    everyone: z.literal(true).optional(),
  })
  .refine(({ everyone, groups, roles, applications, principals }) => (everyone === true) !== [groups, roles, applications, principals].some((given) => given !== undefined), 'needs either groups, roles, applications or principals, or everyone: true')
  .refine(({ everyone, authority }) => everyone === true || authority !== undefined, { path: ['authority'], message: 'is required: groups and names mean something within an authority only' });

const rule = z.strictObject({
  effect: z.enum(['allow', 'deny']),
  apis: z.array(z.enum(APIS)).min(1).optional(),
  methods: z.array(z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])).min(1).optional(),
  operations: z.array(text.refine(isPattern, { error: ({ input }) => `names no operation: ${JSON.stringify(input)} is none of ${OPERATIONS.join(', ')}, nor a start of them before ".*"` })).min(1).optional(),
  /** Prefixes of topic names, as Kafka's prefixed ACLs have them. */
  topics: z.array(z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'is no prefix of a topic name')).min(1).optional(),
  who,
});

/** The block `gate` (I24, I25). Absent: whoever is admitted may ask anything, and the cluster's ACLs alone decide. */
export const gateSchema = z.strictObject({ rules: z.array(rule).min(1) });

export type GateSettings = z.output<typeof gateSchema>;
export type GateRuleSettings = GateSettings['rules'][number];
