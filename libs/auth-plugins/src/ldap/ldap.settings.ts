import { z } from 'zod';
import { loginFields } from '../login/login.fields.js';
import { directoryFields, isOverTls, OVER_TLS } from './directory.settings.js';
import { loginSchema } from './login.settings.js';

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
