import type { Server } from 'node:http';
import type { Server as TlsServer, SecureContextOptions } from 'node:tls';
import type { TokenService } from '@postern/auth-plugins';
import type { KafkaSessions } from '@postern/kafka';
import type { Logger } from 'pino';
import type { LoadedSettings } from '../config/load-settings.js';
import { readTlsFiles } from '../config/tls-files.js';
import { secureContextOf } from '../http/listener-tls.js';
import type { Alarms } from '../telemetry/alarms.js';
import type { BuiltSnapshot } from './build-snapshot.js';
import { readBrokerCas, type BrokerCas } from './clusters.js';
import { jwksListenerOf } from './identity.js';
import type { StagedSurroundings } from './reloader.js';
import type { SessionLedger } from './session-ledger.js';

export interface Surroundings {
  readonly tokens: TokenService;
  readonly servers: ReadonlyMap<string, Server>;
  readonly jwksServer: Server | null;
  readonly brokerCas: { current(): BrokerCas; take(next: BrokerCas): void };
  readonly sessions: Pick<KafkaSessions, 'evict'>;
  readonly ledger: SessionLedger;
  readonly alarms: Alarms;
  readonly log: Logger;
}

/** What changes beside a snapshot: everything is read and checked first, then put in force without a wait in between. */
export const createStaging =
  ({ tokens, servers, jwksServer, brokerCas, sessions, ledger, alarms, log }: Surroundings) =>
  (loaded: LoadedSettings, { snapshot }: BuiltSnapshot): StagedSurroundings => {
    const { settings, pathOf } = loaded;
    const keys = tokens.stage();
    const cas = readBrokerCas(settings.clusters, pathOf);
    const contexts: [Server | null | undefined, SecureContextOptions][] = settings.listeners.flatMap((listener) =>
      listener.kind === 'tls' ? [[servers.get(listener.name), secureContextOf(listener, pathOf, snapshot.authentication.certificates)]] : [],
    );
    const jwks = jwksListenerOf(loaded);
    if (jwks !== null) contexts.push([jwksServer, { ...readTlsFiles('tokenService.jwksListener.tls', jwks.tls, pathOf), minVersion: 'TLSv1.2' }]);
    return {
      take: async () => {
        keys.take();
        const sameCas = [...cas].every(([key, pem]) => brokerCas.current().get(key) === pem);
        brokerCas.take(cas);
        // Open connections stay as they are; new ones are made by these.
        for (const [server, context] of contexts) (server as unknown as TlsServer | null | undefined)?.setSecureContext(context);
        log.level = settings.log.level;
        const isEnded = ledger.endedBy(snapshot, Date.now());
        sessions.evict((sessionKey) => !sameCas || isEnded(sessionKey));
        for (const cluster of keys.unsigned) alarms.raise('no-signing-key', { cluster });
        await tokens.writeJwksFiles();
      },
    };
  };
