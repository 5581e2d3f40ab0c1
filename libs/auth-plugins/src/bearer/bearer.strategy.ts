import passport from 'passport';
import type { Verification } from '../contract/outcome.js';
import type { CredentialRequest } from '../contract/plugin.js';
import { bearerToken } from '../credential/authorization.parser.js';
import type { Outcomes, Run } from '../runner/plugin.runner.js';

/**
 * A passport strategy for bearer tokens (RFC 6750), header form only. Passport calls `authenticate` on an object that
 * inherits from this one and carries the outcomes, so that state must be reachable through the prototype: no #fields.
 */
export class BearerStrategy extends passport.Strategy {
  override readonly name = 'bearer';

  constructor(
    private readonly run: Run,
    private readonly verify: (token: string) => Promise<Verification>,
  ) {
    super();
  }

  override authenticate(request: unknown): void {
    const token = bearerToken((request as CredentialRequest).headers.authorization);
    this.run(this as unknown as Outcomes, async () => (token === null ? { kind: 'rejected', reason: 'malformed' } : this.verify(token)));
  }
}
