import { randomUUID } from 'node:crypto';

/** What an endpoint answers; the server writes it. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });

const REFUSALS = {
  'no-grant': { status: 400, error: 'invalid_request', code: 900144, text: "The request body must contain the following parameter: 'grant_type'." },
  'wrong-grant': { status: 400, error: 'unsupported_grant_type', code: 70003, text: 'The app requested an unsupported grant type.' },
  'no-such-tenant': { status: 400, error: 'invalid_request', code: 90002, text: 'Tenant not found.' },
  'no-such-client': { status: 400, error: 'unauthorized_client', code: 700016, text: 'Application was not found in the directory.' },
  'wrong-secret': { status: 401, error: 'invalid_client', code: 7000215, text: 'Invalid client secret provided.' },
  'wrong-scope': { status: 400, error: 'invalid_scope', code: 1002012, text: 'The provided value for scope is not valid: client credential flows must have a scope value with /.default suffixed to the resource identifier.' },
  'no-such-api': { status: 400, error: 'invalid_resource', code: 500011, text: 'The resource principal was not found in the tenant.' },
} as const;

export type Refusal = keyof typeof REFUSALS;

/** A refusal in Entra's form: OAuth's error beside a numbered AADSTS text. */
export const refusal = (kind: Refusal): Answer => {
  const { status, error, code, text } = REFUSALS[kind];
  const trace = { timestamp: new Date().toISOString(), trace_id: randomUUID(), correlation_id: randomUUID() };
  return { status, body: { error, error_description: `AADSTS${code}: ${text}`, error_codes: [code], ...trace } };
};

/** An error in Microsoft Graph's form. */
export const graphError = (status: number, code: string, message: string): Answer => ({ status, body: { error: { code, message } } });
