import type { DirectoryDescription } from '../directory/start-directory.ts';
import type { IssuerDescription } from '../issuer/issuer.controls.ts';

export interface ProxyPorts {
  readonly public: number;
  readonly management: number;
  readonly jwks: number;
  /** Of the HDInsight API; absent: a free one that nobody is told of. */
  readonly hdinsight?: number;
}

export interface ProxySurroundings {
  /** Holds tls/, directory/service.password and keys/main/, where the sample settings look for them. */
  readonly baseDir: string;
  readonly ports: ProxyPorts;
  /** host:port of the broker's listeners; they need not answer yet. */
  readonly bootstrap: { readonly minted: string; readonly caller: string };
  readonly directory: Pick<DirectoryDescription, 'url'>;
  readonly issuer: Pick<IssuerDescription, 'v1' | 'v2' | 'graph'>;
}

/**
 * What differs from the sample settings: addresses. As the environment variables that override single values, so that
 * the very file that people start from is the one that runs here.
 */
export const proxyEnvironment = ({ baseDir, ports, bootstrap, directory, issuer }: ProxySurroundings): Record<string, string> => {
  const overrides: Record<string, string | number | readonly string[]> = {
    listeners__0__port: ports.public,
    listeners__1__port: ports.hdinsight ?? 0,
    management__port: ports.management,
    tokenService__jwksListener__port: ports.jwks,
    plugins__0__urls: [directory.url],
    plugins__1__versions__v1__jwksUrl: issuer.v1.jwksUrl,
    plugins__1__versions__v2__issuer: issuer.v2.issuer,
    plugins__1__versions__v2__jwksUrl: issuer.v2.jwksUrl,
    plugins__1__graph__url: issuer.graph.url,
    plugins__1__graph__tokenUrl: issuer.graph.tokenUrl,
    plugins__1__graph__clientSecretFile: issuer.graph.clientSecretFile,
    clusters__0__listeners__0__bootstrapServers: [bootstrap.minted],
    clusters__0__listeners__1__bootstrapServers: [bootstrap.caller],
    clusters__0__listeners__1__trusts__issuer: issuer.v2.issuer,
    clusters__0__credentials__2__from: issuer.v2.issuer,
  };
  // JSON is YAML, the form in which the values are read.
  const variables = Object.entries(overrides).map(([path, value]) => [`POSTERN__${path}`, JSON.stringify(value)]);
  return { POSTERN_BASE_DIR: baseDir, ...Object.fromEntries(variables) };
};
