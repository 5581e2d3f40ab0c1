import { describe, expect, it } from 'vitest';
import type { MintRecord, Plugin, VerifiedPrincipal } from '@postern/auth-plugins';
import type { KafkaCredentialSource } from '@postern/kafka';
import { SessionLedger } from './session-ledger.js';
import type { Snapshot } from './snapshot.js';

const plugin = { id: 'p' } as Plugin;
const principal = { key: 'alice-key', name: 'alice' } as VerifiedPrincipal;
const source = { sessionKey: 's1', kafkaName: 'alice', clusterId: 'main' } as KafkaCredentialSource;
const mint = (over: Partial<MintRecord> = {}): MintRecord => ({ phase: 'minted', jti: 'j', kid: 'k1', kafkaName: 'alice', clusterId: 'main', expiresAt: 1_000, cause: 'session', principalKey: 'alice-key', authority: 'corp', ...over });

interface Next {
  readonly plugins?: readonly Plugin[];
  readonly admission?: string;
  readonly name?: object;
  readonly live?: readonly string[];
}
const snapshot = ({ plugins = [plugin], admission = 'admitted', name = { kind: 'name', name: 'alice' }, live = ['k1', 'k2'] }: Next): Snapshot =>
  ({ plugins, identity: { authorities: { admission: () => ({ kind: admission }), kafkaName: () => name }, tokens: { isLive: (_: string, kid: string) => live.includes(kid) } } }) as unknown as Snapshot;

describe('a session under a newer snapshot (I27)', () => {
  const ended = (next: Next, sessionKey = 's1', now = 500) => {
    const ledger = new SessionLedger(10);
    ledger.admitted(source, principal, plugin);
    ledger.minted(mint());
    return ledger.endedBy(snapshot(next), now)(sessionKey);
  };
  it.each<[string, Next, boolean]>([
    ['goes on when all that let it in stands', {}, false],
    ['goes on when nobody can tell just now', { admission: 'unknown' }, false],
    ['ends when its plugin was made anew: other keys, CAs, settings', { plugins: [{ id: 'p' } as Plugin] }, true],
    ['ends when its authority no longer admits the principal', { admission: 'refused' }, true],
    ['ends when its name has become protected', { name: { kind: 'protected' } }, true],
    ['ends when its principal has another name', { name: { kind: 'name', name: 'corp/alice' } }, true],
    ['ends when the key of its token was revoked', { live: ['k2'] }, true],
  ])('%s', (_, next, expected) => expect(ended(next)).toBe(expected));
  it('goes on after a removed key when its tokens by it have ended', () => expect(ended({ live: ['k2'] }, 's1', 1_000)).toBe(false));
  it('ends when nobody remembers what let it in', () => expect(ended({}, 'another')).toBe(true));
  it('is judged by its keys as long as it is used, whoever else comes', () => {
    const ledger = new SessionLedger(2);
    ledger.admitted(source, principal, plugin);
    ledger.minted(mint());
    for (const other of ['bob', 'carol', 'dave']) {
      ledger.minted(mint({ principalKey: other }));
      ledger.admitted(source, principal, plugin);
    }
    expect(ledger.endedBy(snapshot({ live: ['k2'] }), 500)('s1')).toBe(true);
  });
  it('counts only tokens that were made', () => {
    const ledger = new SessionLedger(10);
    ledger.admitted(source, principal, plugin);
    ledger.minted(mint({ phase: 'intent', kid: 'gone' }));
    expect(ledger.endedBy(snapshot({}), 0)('s1')).toBe(false);
  });
});
