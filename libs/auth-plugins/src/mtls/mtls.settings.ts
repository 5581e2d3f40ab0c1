import { z } from 'zod';
import { impersonationSchema } from '../mds/impersonation.settings.js';

/** Attribute types by the names that people write. Any other by its OID. */
export const ATTRIBUTES: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  UID: '0.9.2342.19200300.100.1.1',
  serialNumber: '2.5.4.5',
  emailAddress: '1.2.840.113549.1.9.1',
};

const attribute = z.union([z.enum(Object.keys(ATTRIBUTES) as [string, ...string[]]), z.string().regex(/^\d+(\.\d+)+$/, 'must be an OID')]);

/** Where the name of a principal stands: one attribute of the subject, or one entry of subjectAltName. */
const subject = z.union([z.strictObject({ rdn: attribute }), z.strictObject({ san: z.enum(['uri', 'dns', 'email']) })]);

export type SubjectSettings = z.infer<typeof subject>;

/**
 * What of that text is the name. Fixed ends instead of a pattern, so that two texts never become one name; only `case` folds,
 * for authorities that hold names without it.
 */
const name = z.strictObject({ after: z.string().max(256).default(''), before: z.string().max(256).default(''), case: z.enum(['as-is', 'lower', 'upper']).default('as-is') });

export type NameSettings = z.infer<typeof name>;

/** A plugin of type `mtls`: the certificate of a socket on a listener with `clientCertificate`. */
export const mtlsSchema = z.strictObject({
  id: z.string(),
  type: z.literal('mtls'),
  authority: z.string(),
  /** The issuing CAs, in PEM: exactly these, never the system's. A certificate must be signed by one of them directly. */
  caFile: z.string().min(1),
  /** Revocation lists in PEM. With any of them every CA must have its own. */
  crlFiles: z.array(z.string().min(1)).min(1).max(32).optional(),
  subject,
  name: name.prefault({}),
  /** MDS makes the tokens that Kafka is shown, for cells of the matrix with `source: mds`. */
  impersonation: impersonationSchema.optional(),
});

export type MtlsSettings = z.infer<typeof mtlsSchema>;
