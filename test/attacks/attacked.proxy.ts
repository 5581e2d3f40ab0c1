import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { mdsWayIn } from '../../stack/quickstart/mds.way-in.ts';
import { startIssuer, startMds, type Certificates, type Issuer, type Mds } from '../../stack/src/index.ts';
import { runProxy, type RunningProxy } from '../api/running-proxy.ts';
import type { Stack } from '../setup/stack.ts';
import { bearerWays, type BearerWay } from './forged.token.ts';

const json = JSON.stringify;

/** A further plugin of type oidc, for an issuer that lies. */
export interface LyingIssuer {
  readonly id: string;
  readonly issuer: string;
  readonly jwksUrl: string;
}

export interface Attacked {
  readonly proxy: RunningProxy;
  readonly mds: Mds;
  /** The issuer of plugin `oidc`: another tenant of the same kind, so that both sign alike and must be told apart. */
  readonly apps: Issuer;
  readonly ways: readonly BearerWay[];
  stop(): Promise<void>;
}

export interface AttackedOptions extends Pick<NonNullable<Parameters<typeof runProxy>[1]>, 'environment' | 'bootstrap' | 'awaitReady'> {
  readonly liars?: readonly LyingIssuer[];
}

const OIDC = { type: 'oidc', authority: 'apps', types: ['at+jwt', 'JWT'] } as const;

/**
 * One proxy with every way in at once: a directory, MDS, Entra in both versions and another issuer. `bob` is a protected
 * name here, and Graph is asked again after a second.
 */
export const attackedProxy = async (stack: Stack, { liars = [], environment = {}, ...options }: AttackedOptions = {}): Promise<Attacked> => {
  const own = { certificates: stack.certificates as Certificates, usualPorts: false, lifetime: 'parent' } as const;
  const [mds, apps] = await Promise.all([
    startMds({ ...own, runDir: mkdtempSync(join(stack.runDir, 'attack-mds-')), directory: stack.directory }),
    startIssuer({ ...own, runDir: mkdtempSync(join(stack.runDir, 'attack-apps-')) }),
  ]);
  const oidc = [
    { ...OIDC, id: 'apps-oidc', issuer: apps.v2.issuer, audiences: [apps.v2.audience], jwksUrl: apps.v2.jwksUrl, caFile: apps.caFile },
    ...liars.map((liar) => ({ ...OIDC, ...liar, audiences: ['kafka'], caFile: apps.caFile })),
  ];
  const proxy = await runProxy(stack, {
    ...options,
    environment: {
      POSTERN__identity__protectedNames: json(['broker', 'admin', 'postern', 'bob']),
      POSTERN__authorities__2: json({ id: 'apps', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'prefix', prefix: 'apps/' } }),
      POSTERN__plugins__1__graph__cacheSeconds: '1',
      POSTERN__plugins__1__graph__negativeSeconds: '1',
      POSTERN__plugins__1__graph__graceSeconds: '0',
      ...mdsWayIn(mds, stack.directory),
      ...Object.fromEntries(oidc.flatMap((plugin, i) => [
        [`POSTERN__plugins__${3 + i}`, json(plugin)],
        [`POSTERN__clusters__0__credentials__${4 + i}`, json({ from: plugin.issuer, source: 'minted', listener: 'minted' })],
      ])),
      ...environment,
    },
  });
  return {
    proxy,
    mds,
    apps,
    ways: await bearerWays(stack, mds, apps),
    stop: async () => {
      await proxy.stop();
      await Promise.all([mds.stop(), apps.stop()]);
    },
  };
};
