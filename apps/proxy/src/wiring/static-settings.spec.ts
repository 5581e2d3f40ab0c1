import { describe, expect, it } from 'vitest';
import { settingsSchema, type Settings } from '../config/settings.schema.js';
import { assertStaticUnchanged } from './static-settings.js';

interface Tree {
  log?: object;
  gate?: object;
  listeners: { name: string; port: number; kind: string; apis: string[] }[];
  management: object;
  identity: { protectedNames: string[]; maxProofAgeSeconds?: number };
  plugins: { id: string; type: string; authority?: string; urls?: string[] }[];
  authorities: unknown[];
  limits: object;
  clusters: { id: string; default: boolean; credentials: unknown[]; listeners: { name: string; bootstrapServers: string[]; unsafe: boolean; trusts: null }[] }[];
}

const settings = (change: (tree: Tree) => void = () => undefined): Settings => {
  const tree: Tree = {
    listeners: [{ name: 'public', port: 1, kind: 'plain', apis: ['v2'] }],
    management: { port: 2 },
    identity: { protectedNames: ['admin'] },
    plugins: [{ id: 'p', type: 'ldap', authority: 'corp', urls: ['ldaps://a'] }],
    authorities: [],
    limits: {},
    clusters: [{ id: 'main', default: true, credentials: [], listeners: [{ name: 'l', bootstrapServers: ['127.0.0.1:1'], unsafe: true, trusts: null }] }],
  };
  change(tree);
  return settingsSchema.parse(tree);
};

describe('a settings file that is read again', () => {
  it.each<[string, (tree: Tree) => void]>([
    ['the log level', (t) => (t.log = { level: 'debug' })],
    ['protected names', (t) => t.identity.protectedNames.push('root')],
    ['authorities', (t) => t.authorities.push({})],
    ['rules of the gate', (t) => (t.gate = { rules: [{ effect: 'allow', who: { everyone: true } }] })],
    ['the inside of a plugin', (t) => t.plugins[0]?.urls?.push('ldaps://b')],
    ['limits of requests', (t) => (t.limits = { records: 5, floodPerSecond: 1 })],
  ])('may change %s', (_, change) => {
    expect(() => assertStaticUnchanged(settings(), settings(change))).not.toThrow();
  });

  it.each<[string, (tree: Tree) => void, string]>([
    ['a port', (t) => void (t.listeners[0] && (t.listeners[0].port = 9)), 'listeners.0.port'],
    ['a further plugin', (t) => t.plugins.push({ id: 'q', type: 'oidc' }), 'plugins.1'],
    ['a plugin\'s authority', (t) => void (t.plugins[0] && (t.plugins[0].authority = 'x')), 'plugins.0.authority'],
    ['a broker\'s address', (t) => t.clusters[0]?.listeners[0]?.bootstrapServers.push('127.0.0.1:2'), 'clusters.0.listeners.0.bootstrapServers.1'],
    ['the age of proofs', (t) => (t.identity.maxProofAgeSeconds = 60), 'identity.maxProofAgeSeconds'],
    ['the number of sessions', (t) => (t.limits = { sessions: 5 }), 'limits.sessions'],
  ])('is refused whole, by its path, for %s', (_, change, path) => {
    expect(() => assertStaticUnchanged(settings(), settings(change))).toThrow(`${path}: takes effect after a restart`);
  });
});
