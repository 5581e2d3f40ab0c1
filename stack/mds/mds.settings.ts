/** Given to the double's process as an owner-only JSON file. */
export interface MdsSettings {
  readonly port: number;
  readonly controlPort: number;
  /** Asked for on the control port, because whoever can shape tokens is anyone. */
  readonly controlToken: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly privateKeyFile: string;
  /** What operators copy to every component and listener (`public.key.path`): PEM, SubjectPublicKeyInfo. */
  readonly publicKeyFile: string;
  /** The same key for a stock broker, which reads no bare PEM. */
  readonly jwksFile: string;
  readonly directory: { readonly url: string; readonly caFile: string };
  /** CA of clients that log in by certificate; absent: none is asked for. */
  readonly clientCaFile?: string;
  readonly clusterId: string;
  readonly lifeSeconds: number;
  /** May ask about others (authorize) and speak for others (impersonate). */
  readonly superUsers: readonly string[];
  /** Nobody may be impersonated under these names. */
  readonly protectedUsers: readonly string[];
}

/** The fixed `iss` of every token of MDS. */
export const MDS_ISSUER = 'Confluent';

export const mdsUrl = (port: number): string => `https://127.0.0.1:${port}`;
