/** One issuer that one listener of the broker trusts: a stock listener can trust exactly one. */
export interface TrustedIssuer {
  /** Listener name in lower case, also the key of `bootstrap`: 'minted', 'caller'. Never a security protocol's name. */
  readonly listener: string;
  /** Must exist before the broker starts; re-read when it changes (Kafka 4.1 and newer). */
  readonly jwksFile: string;
  readonly issuer: string;
  /** Left out: the listener takes tokens without `aud`, as MDS makes them. */
  readonly audience?: string | readonly string[];
  /** The claim that becomes the principal: 'sub', or 'oid' for Entra. */
  readonly principalClaim: string;
}

export interface BrokerPlan {
  readonly dataDir: string;
  readonly keystoreFile: string;
  readonly trusts: readonly TrustedIssuer[];
  /** Ports by listener name: 'controller', 'internal', 'bench' if wanted, and each trusted issuer's. */
  readonly ports: Readonly<Record<string, number>>;
  /** Where clients are told that a listener is, when something stands before it. */
  readonly advertisedPorts?: Readonly<Record<string, number>>;
  readonly passwords: { readonly broker: string; readonly admin: string };
  readonly extra: Readonly<Record<string, string>>;
  /** Which node of which quorum; alone when absent. */
  readonly node?: NodePlace;
}

/** Every node is broker and controller; `controllerPorts` has all of them, by node id. */
export interface NodePlace {
  readonly id: number;
  readonly controllerPorts: ReadonlyMap<number, number>;
}

export const fileUrl = (path: string): string => `file://${path}`;

const HOST = '127.0.0.1';
const OAUTH = 'org.apache.kafka.common.security.oauthbearer';
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';

const port = (plan: BrokerPlan, listener: string): number => {
  const chosen = plan.ports[listener];
  if (chosen === undefined) throw new Error(`no port for listener ${listener}`);
  return chosen;
};

const oauthListener = (plan: BrokerPlan, trust: TrustedIssuer): Record<string, string> => {
  const listener = `listener.name.${trust.listener}`;
  const oauth = `${listener}.oauthbearer`;
  return {
    [`${listener}.sasl.enabled.mechanisms`]: 'OAUTHBEARER',
    [`${listener}.ssl.keystore.type`]: 'PEM',
    [`${listener}.ssl.keystore.location`]: plan.keystoreFile,
    [`${listener}.ssl.client.auth`]: 'none',
    [`${oauth}.sasl.jaas.config`]: `${OAUTH}.OAuthBearerLoginModule required;`,
    [`${oauth}.sasl.server.callback.handler.class`]: `${OAUTH}.OAuthBearerValidatorCallbackHandler`,
    [`${oauth}.sasl.oauthbearer.jwks.endpoint.url`]: fileUrl(trust.jwksFile),
    [`${oauth}.sasl.oauthbearer.jwks.endpoint.refresh.ms`]: '300000',
    [`${oauth}.sasl.oauthbearer.expected.issuer`]: trust.issuer,
    ...(trust.audience === undefined ? {} : { [`${oauth}.sasl.oauthbearer.expected.audience`]: [trust.audience].flat().join(',') }),
    [`${oauth}.sasl.oauthbearer.sub.claim.name`]: trust.principalClaim,
    // Kafka's default of 30 s would let a token live longer at the broker than anywhere else (I12).
    [`${oauth}.sasl.oauthbearer.clock.skew.seconds`]: '0',
    [`${oauth}.connections.max.reauth.ms`]: '900000',
  };
};

/** Small figures throughout: one node on a developer's machine, started for minutes. */
const LIGHT: Readonly<Record<string, string>> = {
  'auto.create.topics.enable': 'false',
  'num.network.threads': '2',
  'num.io.threads': '2',
  'background.threads': '2',
  'num.recovery.threads.per.data.dir': '1',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  // After a sudden death the controller refuses the same node until its old session ends: 9 s by default.
  'broker.heartbeat.interval.ms': '500',
  'broker.session.timeout.ms': '3000',
  'log.cleaner.dedupe.buffer.size': '4194304',
  'log.index.size.max.bytes': '1048576',
  'log.segment.bytes': '16777216',
};

/**
 * The broker's settings: one KRaft node, deny by default. The controller and Kafka's own tools come in by SASL
 * PLAIN on loopback, so that no anonymous principal has to be a super user; callers come in by token over TLS.
 */
export const serverProperties = (plan: BrokerPlan): string => {
  const callers = plan.trusts.map((trust) => trust.listener);
  const open = plan.ports['bench'] === undefined ? [] : ['bench'];
  const clients = ['internal', ...callers, ...open];
  const endpoint = (listener: string): string => `${listener.toUpperCase()}://${HOST}:${port(plan, listener)}`;
  const advertised = (listener: string): string => `${listener.toUpperCase()}://${HOST}:${plan.advertisedPorts?.[listener] ?? port(plan, listener)}`;
  const protocol = (listener: string): string => {
    if (callers.includes(listener)) return 'SASL_SSL';
    return open.includes(listener) ? 'PLAINTEXT' : 'SASL_PLAINTEXT';
  };
  const place = plan.node ?? { id: 1, controllerPorts: new Map([[1, port(plan, 'controller')]]) };
  const own = `username="broker" password="${plan.passwords.broker}" user_broker="${plan.passwords.broker}"`;
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(place.id),
    'controller.quorum.voters': [...place.controllerPorts].map(([id, controllerPort]) => `${id}@${HOST}:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    listeners: ['controller', ...clients].map(endpoint).join(','),
    'advertised.listeners': clients.map(advertised).join(','),
    'listener.security.protocol.map': ['controller', ...clients].map((name) => `${name.toUpperCase()}:${protocol(name)}`).join(','),
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.controller.plain.sasl.jaas.config': `${PLAIN} required ${own};`,
    'listener.name.internal.plain.sasl.jaas.config': `${PLAIN} required ${own} user_admin="${plan.passwords.admin}";`,
    ...Object.assign({}, ...plan.trusts.map((trust) => oauthListener(plan, trust))),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // The open listener has no login: whoever reaches it is ANONYMOUS, and exists for measurements only.
    'super.users': ['User:broker', 'User:admin', ...open.map(() => 'User:ANONYMOUS')].join(';'),
    'allow.everyone.if.no.acl.found': 'false',
    'log.dirs': plan.dataDir,
    ...LIGHT,
    ...plan.extra,
  };
  return `${Object.entries(settings).map(([name, value]) => `${name}=${value}`).join('\n')}\n`;
};

/** What Kafka's own tools need to come in as a super user. */
export const adminProperties = (adminPassword: string): string =>
  [
    'security.protocol=SASL_PLAINTEXT',
    'sasl.mechanism=PLAIN',
    `sasl.jaas.config=${PLAIN} required username="admin" password="${adminPassword}";`,
    '',
  ].join('\n');
