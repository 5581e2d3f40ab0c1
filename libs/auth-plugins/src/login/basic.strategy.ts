import { BasicStrategy } from 'passport-http';
import type { Verification } from '../contract/outcome.js';
import type { CredentialRequest } from '../contract/plugin.js';
import { readBasicCredential } from '../credential/basic.credential.js';
import type { Outcomes, Run } from '../runner/plugin.runner.js';

export type VerifyLogin = (loginName: string, password: string, source: string) => Promise<Verification>;

/**
 * passport-http's Basic strategy with its parser replaced: the stock one cuts passwords at their second colon, takes
 * scheme `XBasicY`, and decodes bad UTF-8 in silence. Its own verify callback is never reached.
 */
export class StrictBasicStrategy extends BasicStrategy {
  constructor(
    private readonly run: Run,
    private readonly verifyLogin: VerifyLogin,
  ) {
    super((_loginName, _password, done) => done(new Error('the stock parser of passport-http was reached')));
  }

  override authenticate(request: unknown): void {
    const { headers, source = '' } = request as CredentialRequest;
    this.run(this as unknown as Outcomes, async () => {
      const credential = readBasicCredential(headers.authorization);
      return credential.kind === 'refused' ? { kind: 'rejected', reason: credential.reason } : this.verifyLogin(credential.loginName, credential.password, source);
    });
  }
}
