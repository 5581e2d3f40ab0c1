/** What a call answers; the server writes it. */
export interface MdsAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): MdsAnswer => ({ status: 200, body });

const TYPES = { 400: 'INVALID REQUEST DATA', 401: 'UNAUTHORIZED', 403: 'FORBIDDEN', 404: 'NOT FOUND', 405: 'METHOD NOT ALLOWED' } as const;

/** An error in the form of the public contract: only `message` is required there. */
export const mdsError = (status: keyof typeof TYPES, message: string): MdsAnswer => ({
  status,
  body: { status_code: status, error_code: status * 100 + 1, type: TYPES[status], message, errors: [{ error_type: TYPES[status], message }] },
});

/** The answer of `authenticate` and `impersonate`; the token comes as a cookie too, for browsers. */
export const tokenAnswer = (token: string, lifeSeconds: number): MdsAnswer => ({
  status: 200,
  body: { auth_token: token, token_type: 'Bearer', expires_in: lifeSeconds },
  headers: { 'set-cookie': `auth_token=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${lifeSeconds}` },
});
