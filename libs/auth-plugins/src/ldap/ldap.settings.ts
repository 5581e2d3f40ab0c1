import { z } from 'zod';
import { directoryFields, isOverTls, OVER_TLS } from './directory.settings.js';
import { loginSchema } from './login.settings.js';

/** How long logins are remembered, and how many wrong ones are let through: for every plugin that takes passwords. */
export const loginFields = {
  cache: z.strictObject({ credentialSeconds: z.int().min(0).max(60).default(60), negativeSeconds: z.int().min(0).max(60).default(30), entries: z.int().min(100).max(1_000_000).default(10_000) }).prefault({}),
  /** Failed logins are refused before the directory locks the account (I28). */
  failureBudget: z
    .strictObject({
      /** Bad passwords after which the directory locks an account. */
      lockoutThreshold: z.int().min(2).max(1_000).default(10),
      replicas: z.int().min(1).max(100).default(1),
      /** How long the directory counts a bad password. */
      windowSeconds: z.int().min(1).max(86_400).default(300),
      /** Failed logins of one source over all names within the window: against one password sprayed over many names. */
      failuresPerSource: z.int().min(1).max(1_000_000).default(500),
    })
    // One bad password a replica would reach the directory's limit otherwise.
    .refine(({ lockoutThreshold, replicas }) => lockoutThreshold > replicas, { path: ['lockoutThreshold'], message: 'must be greater than replicas: each lets one bad password through' })
    .prefault({}),
};

/** A plugin of type `ldap`: HTTP Basic against one directory. */
export const ldapSchema = z
  .strictObject({
    id: z.string(),
    type: z.literal('ldap'),
    authority: z.string(),
    ...directoryFields,
    /** Who searches. Absent, for direct binds only: callers read their own entries. */
    service: directoryFields.service.optional(),
    login: loginSchema.default({ by: 'search' }),
    loginDeadlineMs: z.int().min(100).max(30_000).default(5_000),
    connections: z.strictObject({ search: z.int().min(1).max(64).default(2), bind: z.int().min(1).max(256).default(8), waiting: z.int().min(1).max(10_000).default(1_000) }).prefault({}),
    ...loginFields,
  })
  .refine(isOverTls, OVER_TLS)
  .refine(({ service, login }) => service !== undefined || login.by !== 'search', { path: ['service'], message: 'is needed where people are searched for; a direct bind (login.by: dn-pattern or active-directory) can do without' })
  .refine(({ service, login, failureBudget: { lockoutThreshold, replicas } }) => service !== undefined || login.by !== 'active-directory' || lockoutThreshold > 2 * replicas, {
    path: ['failureBudget', 'lockoutThreshold'],
    message: 'must be greater than twice the replicas where Active Directory is asked without a service account: two ways to write a name count apart there',
  });

export type LdapSettings = z.infer<typeof ldapSchema>;
