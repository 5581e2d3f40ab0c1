import type { Verification } from '../contract/outcome.js';
import type { CredentialRequest } from '../contract/plugin.js';
import { bearerToken } from '../credential/authorization.parser.js';
import { StrictBasicStrategy, type VerifyLogin } from '../login/basic.strategy.js';
import type { Outcomes, Run } from '../runner/plugin.runner.js';

/** Both schemes of MDS in one strategy: passwords by the strict Basic one, else the token of a bearer header. */
export class MdsStrategy extends StrictBasicStrategy {
  override readonly name = 'mds';

  constructor(
    private readonly runToken: Run,
    verifyLogin: VerifyLogin,
    private readonly verifyToken: (token: string) => Promise<Verification>,
  ) {
    super(runToken, verifyLogin);
  }

  override authenticate(request: unknown): void {
    const token = bearerToken((request as CredentialRequest).headers.authorization);
    if (token === null) super.authenticate(request);
    else this.runToken(this as unknown as Outcomes, () => this.verifyToken(token));
  }
}
