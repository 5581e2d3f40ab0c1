import { TENANT, type ClientRegistration } from './registrations.ts';

/** Given to the issuer's process as an owner-only JSON file. */
export interface IssuerSettings {
  readonly port: number;
  readonly controlPort: number;
  /** Asked for on the control port, because whoever can drop keys or shape tokens owns the tenant. */
  readonly controlToken: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly privateKeysFile: string;
  readonly jwksFile: string;
  readonly clients: readonly ClientRegistration[];
}

export const v1Issuer = `https://sts.windows.net/${TENANT}/`;
export const baseUrl = (port: number): string => `https://127.0.0.1:${port}`;
export const v2Issuer = (port: number): string => `${baseUrl(port)}/${TENANT}/v2.0`;
