import type { CertificateFiles, DirectoryDescription, IssuerDescription, KafkaDescription, SigningKeys } from '../../stack/src/index.ts';

/** The test run's servers as plain data: made by the global setup, given to every spec file. */
export interface StackDescription {
  /** Owned by this test run and removed with it. */
  readonly runDir: string;
  readonly certificates: CertificateFiles;
  readonly kafka: KafkaDescription;
  readonly directory: DirectoryDescription;
  readonly issuer: IssuerDescription;
  /** What the broker's listener `minted` trusts, with the signing key behind it. */
  readonly minted: SigningKeys & { readonly issuer: string; readonly audience: string };
}

export const MINTED_ISSUER = 'https://postern.example.test';
export const MINTED_AUDIENCE = 'kafka-main';

declare module 'vitest' {
  export interface ProvidedContext {
    stack: StackDescription;
  }
}
