import passport from 'passport';
import type { CredentialRequest } from '../contract/plugin.js';
import type { Outcomes, Run } from '../runner/plugin.runner.js';
import type { VerifyCertificate } from './mtls.verifier.js';

/** A passport strategy for the certificate of the socket. It reads no header: a forwarded certificate can never reach it (I26). */
export class MtlsStrategy extends passport.Strategy {
  override readonly name = 'mtls';

  constructor(
    private readonly run: Run,
    private readonly verify: VerifyCertificate,
  ) {
    super();
  }

  override authenticate(request: unknown): void {
    const { certificate } = request as CredentialRequest;
    this.run(this as unknown as Outcomes, async () => (certificate === undefined ? { kind: 'rejected', reason: 'malformed' } : this.verify(certificate)));
  }
}
