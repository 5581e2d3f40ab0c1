import { z } from 'zod';

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
