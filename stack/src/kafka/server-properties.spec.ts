import { describe, expect, it } from 'vitest';
import { serverProperties, type BrokerPlan } from './server-properties.ts';

const plan: BrokerPlan = {
  dataDir: '/run/data',
  keystoreFile: '/run/tls/broker.pem',
  trusts: [
    { listener: 'minted', jwksFile: '/run/minted.json', issuer: 'https://postern.example.test', audience: 'kafka-main', principalClaim: 'sub' },
    { listener: 'caller', jwksFile: '/run/caller.json', issuer: 'https://issuer.example.test/v2.0', audience: ['one', 'two'], principalClaim: 'oid' },
  ],
  ports: { controller: 1, internal: 2, minted: 3, caller: 4 },
  passwords: { broker: 'broker-password', admin: 'admin-password' },
  extra: {},
};

const settings = (given: BrokerPlan): ReadonlyMap<string, string> =>
  new Map(serverProperties(given).trim().split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

describe("the broker's settings", () => {
  it('pin issuer, audience, claim and key set of each listener by itself', () => {
    const made = settings(plan);
    const oauth = (listener: string, name: string) => made.get(`listener.name.${listener}.oauthbearer.sasl.oauthbearer.${name}`);
    expect(oauth('minted', 'expected.issuer')).toBe('https://postern.example.test');
    expect(oauth('minted', 'jwks.endpoint.url')).toBe('file:///run/minted.json');
    expect(oauth('caller', 'expected.audience')).toBe('one,two');
    expect(oauth('caller', 'sub.claim.name')).toBe('oid');
  });

  it('keep what the token service relies on: refresh within 5 min, re-authentication within 15, no clock skew', () => {
    const made = settings(plan);
    expect(made.get('listener.name.minted.oauthbearer.sasl.oauthbearer.jwks.endpoint.refresh.ms')).toBe('300000');
    expect(made.get('listener.name.minted.oauthbearer.connections.max.reauth.ms')).toBe('900000');
    expect(made.get('listener.name.minted.oauthbearer.sasl.oauthbearer.clock.skew.seconds')).toBe('0');
  });

  it('deny by default, name no anonymous super user and create no topic by accident', () => {
    const made = settings(plan);
    expect(made.get('authorizer.class.name')).toBe('org.apache.kafka.metadata.authorizer.StandardAuthorizer');
    expect(made.get('allow.everyone.if.no.acl.found')).toBe('false');
    expect(made.get('super.users')).toBe('User:broker;User:admin');
    expect(made.get('auto.create.topics.enable')).toBe('false');
  });

  it('listen on loopback only, callers by TLS', () => {
    const made = settings(plan);
    expect(made.get('listeners')).toBe('CONTROLLER://127.0.0.1:1,INTERNAL://127.0.0.1:2,MINTED://127.0.0.1:3,CALLER://127.0.0.1:4');
    expect(made.get('listener.security.protocol.map')).toBe('CONTROLLER:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT,MINTED:SASL_SSL,CALLER:SASL_SSL');
  });

  it('open the measuring listener only when asked, with its anonymous caller as super user', () => {
    const made = settings({ ...plan, ports: { ...plan.ports, bench: 5 } });
    expect(made.get('listener.security.protocol.map')).toContain('BENCH:PLAINTEXT');
    expect(made.get('super.users')).toBe('User:broker;User:admin;User:ANONYMOUS');
  });

  it('can be overridden one by one', () => {
    expect(settings({ ...plan, extra: { 'num.io.threads': '8' } }).get('num.io.threads')).toBe('8');
  });

  it('name every controller of the quorum, and the node itself by its own number', () => {
    const made = settings({ ...plan, node: { id: 2, controllerPorts: new Map([[1, 11], [2, 12], [3, 13]]) } });
    expect(made.get('node.id')).toBe('2');
    expect(made.get('controller.quorum.voters')).toBe('1@127.0.0.1:11,2@127.0.0.1:12,3@127.0.0.1:13');
    expect(settings(plan).get('controller.quorum.voters')).toBe('1@127.0.0.1:1');
  });
});
