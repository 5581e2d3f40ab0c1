import { beforeAll, describe, expect, it } from 'vitest';
import type { QuotaEntity, QuotaKey } from '@postern/kafka';
import type { Contract } from '../contract.setup.ts';
import { codeOf } from '../test-sessions.ts';
import { administrators, told, words } from './operator.ts';

export const registerQuotaAdminCases = (contract: Contract): void => {
  const { stack, transport } = contract;
  const { as, nobody, prepare } = administrators(contract);
  const HERS: QuotaEntity = [{ type: 'user', name: `dora-${transport}` }];
  const HER_CLIENT: QuotaEntity = [{ type: 'client-id', name: 'postern' }, ...HERS];
  const changes = (...entries: [QuotaKey, number | null][]) => new Map(entries);
  const quotasOf = (name = `dora-${transport}`, strict = false) => as((admin) => admin.quotas.describe({ parts: [{ type: 'user', match: { name } }], strict }));

  describe('administration of quotas', () => {
    beforeAll(prepare);

    it('sets and takes away limits, each entity with its own outcome, as Kafka’s own tool then shows', async () => {
      const results = await as((admin) =>
        admin.quotas.alter([
          { entity: HERS, changes: changes(['producer_byte_rate', 1_000_000], ['consumer_byte_rate', 2_000_000]) },
          { entity: HER_CLIENT, changes: changes(['request_percentage', 12.5]) },
          { entity: [{ type: 'user', name: 'x' }], changes: changes(['producer_byte_rate', -5]) },
          { entity: [{ type: 'ip', name: 'not an address' }], changes: changes(['connection_creation_rate', 5]) },
        ]),
      );
      expect(told(results)).toEqual(['done', 'done', 'INVALID_REQUEST', 'INVALID_REQUEST']);
      expect(words(results)[2]).toMatch(/producer_byte_rate/);
      await expect.poll(() => quotasOf()).toEqual([
        { entity: HER_CLIENT, values: new Map([['request_percentage', 12.5]]) },
        { entity: HERS, values: new Map([['consumer_byte_rate', 2_000_000], ['producer_byte_rate', 1_000_000]]) },
      ]);
      expect(await quotasOf(`dora-${transport}`, true)).toHaveLength(1);
      const shown = (await stack.kafka.tool('configs', ['--describe', '--entity-type', 'users', '--entity-name', `dora-${transport}`])).stdout;
      expect(shown).toContain('producer_byte_rate=1000000.0');
      expect(told(await as((admin) => admin.quotas.alter([{ entity: HERS, changes: changes(['producer_byte_rate', null]) }])))).toEqual(['done']);
      await expect.poll(async () => (await quotasOf(`dora-${transport}`, true))[0]?.values).toEqual(new Map([['consumer_byte_rate', 2_000_000]]));
    });

    it('only checks when asked to, and finds nothing for who has none', async () => {
      expect(told(await as((admin) => admin.quotas.alter([{ entity: [{ type: 'user', name: null }], changes: changes(['producer_byte_rate', 5]) }], { validateOnly: true })))).toEqual(['done']);
      expect(await as((admin) => admin.quotas.describe({ parts: [{ type: 'user', match: 'default' }], strict: true }))).toEqual([]);
      expect(await quotasOf('nobody at all')).toEqual([]);
      expect((await as((admin) => admin.quotas.describe({ parts: [{ type: 'user', match: 'any' }], strict: false }))).length).toBeGreaterThan(0);
    });

    it('refuses whom Kafka refuses', async () => {
      expect(await codeOf(as((admin) => admin.quotas.describe({ parts: [], strict: false }), nobody))).toBe('CLUSTER_AUTHORIZATION_FAILED');
      expect(told(await as((admin) => admin.quotas.alter([{ entity: HERS, changes: changes(['producer_byte_rate', 5]) }]), nobody))).toEqual(['CLUSTER_AUTHORIZATION_FAILED']);
    });
  });
};
