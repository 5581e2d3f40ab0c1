/*
 * The two parts of passport-azure-ad 4.3.5 that are used, as far as they are used. Not its index: that would load node-jose
 * and OpenID Connect as well. The published types know the index only.
 */

export interface BearerOptions {
  readonly identityMetadata: string;
  readonly clientID: string;
  readonly issuer: string[];
  readonly audience: string[];
  readonly clockSkew: number;
  readonly loggingLevel: 'error';
  readonly loggingNoPII: true;
}

/** A passport strategy: passport puts the ends on it. */
export interface BearerStrategy {
  authenticate(request: { readonly headers: { readonly authorization: string }; readonly query: object }): void;
  loadMetadata(parameters: unknown, next: (error: Error | null, metadata: object) => void): void;
}

export type BearerStrategyClass = new (options: BearerOptions, verify: (payload: unknown, done: (error: Error | null, user: unknown) => void) => void) => BearerStrategy;

export interface AzureAdLibrary {
  readonly BearerStrategy: BearerStrategyClass;
  readonly Metadata: { readonly prototype: object };
}

/** @throws what the import throws when the package is not installed */
export const loadAzureAd = async (): Promise<AzureAdLibrary> => {
  // `as string`: the files have no types to be looked up.
  const [strategy, metadata] = await Promise.all([import('passport-azure-ad/lib/bearerstrategy.js' as string), import('passport-azure-ad/lib/metadata.js' as string)]);
  const { default: BearerStrategy } = strategy as { readonly default: BearerStrategyClass };
  const { Metadata } = metadata as Pick<AzureAdLibrary, 'Metadata'>;
  return { BearerStrategy, Metadata };
};
