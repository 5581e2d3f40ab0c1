import { beforeAll, describe, expect, it } from 'vitest';
import type { AclBinding, AclFilter } from '@postern/kafka';
import type { Contract } from '../contract.setup.ts';
import { codeOf } from '../test-sessions.ts';
import { administrators, told, words } from './operator.ts';

const ANYTHING: AclFilter = { resourceType: 'ANY', resourceName: null, patternType: 'ANY', principal: null, host: null, operation: 'ANY', permission: 'ANY' };

export const registerAclAdminCases = (contract: Contract): void => {
  const { stack, topic, transport } = contract;
  const { as, nobody, prepare, ruled } = administrators(contract);
  const principal = `User:carol-${transport}`;
  const HERS: AclFilter = { ...ANYTHING, principal };
  const binding = (over: Partial<AclBinding> = {}): AclBinding => ({ resourceType: 'TOPIC', resourceName: topic('adm-acl'), patternType: 'LITERAL', principal, host: '*', operation: 'READ', permission: 'ALLOW', ...over });
  const hers = (over: Partial<AclFilter> = {}) => as((admin) => admin.acls.describe({ ...HERS, ...over }));

  describe("administration of Kafka's own rules", () => {
    beforeAll(prepare);

    it('creates bindings of every kind, each with its own outcome, as Kafka’s own tool then shows', async () => {
      const wanted = [
        binding(),
        binding({ principal: 'carol' }),
        binding({ resourceType: 'GROUP', resourceName: topic('adm-'), patternType: 'PREFIXED', operation: 'ALL' }),
        binding({ resourceType: 'CLUSTER', resourceName: 'kafka-cluster', operation: 'DESCRIBE', permission: 'DENY', host: '10.0.0.1' }),
        binding({ resourceType: 'TRANSACTIONAL_ID', resourceName: '*', operation: 'WRITE' }),
        binding({ resourceName: topic('adm-hidden-acl') }),
        binding({ operation: 'UNKNOWN' }),
      ];
      const results = await as((admin) => admin.acls.create(wanted), ruled);
      expect(results.map((result) => result.binding)).toEqual(wanted);
      expect(told(results)).toEqual(['done', 'INVALID_REQUEST', 'done', 'done', 'done', 'TOPIC_RULE_DENIED', 'INVALID_REQUEST']);
      expect(words(results)[1]).toMatch(/colon/);
      const shown = (await stack.kafka.tool('acls', ['--list', '--principal', principal])).stdout;
      expect(shown).toContain(`name=${topic('adm-acl')}, patternType=LITERAL`);
      expect(shown).toContain('permissionType=DENY');
      expect(shown).not.toContain('hidden');
    });

    it('finds them by filter', async () => {
      expect((await hers()).map(({ resourceType, operation, permission, host }) => `${resourceType} ${operation} ${permission} ${host}`)).toEqual(['CLUSTER DESCRIBE DENY 10.0.0.1', 'GROUP ALL ALLOW *', 'TOPIC READ ALLOW *', 'TRANSACTIONAL_ID WRITE ALLOW *']);
      expect(await hers({ resourceType: 'TOPIC' })).toEqual([binding()]);
      expect(await hers({ permission: 'DENY', operation: 'DESCRIBE' })).toHaveLength(1);
      // What would apply to a name, prefixes included.
      expect(await hers({ resourceType: 'GROUP', resourceName: topic('adm-any'), patternType: 'MATCH' })).toHaveLength(1);
      expect(await hers({ resourceType: 'GROUP', resourceName: topic('adm-any'), patternType: 'LITERAL' })).toEqual([]);
    });

    it('shows and deletes none for topics that the rule hides', async () => {
      expect(told(await as((admin) => admin.acls.create([binding({ resourceName: topic('adm-hidden-acl') })])))).toEqual(['done']);
      const seen = await as((admin) => admin.acls.describe({ ...HERS, resourceType: 'TOPIC' }), ruled);
      expect(seen).toEqual([binding()]);
      const deleted = await as((admin) => admin.acls.delete([{ ...HERS, resourceType: 'TOPIC' }]), ruled);
      expect(deleted).toEqual([{ filter: { ...HERS, resourceType: 'TOPIC' }, kind: 'done', bindings: [{ binding: binding(), kind: 'done' }] }]);
      expect(await hers({ resourceType: 'TOPIC' })).toEqual([binding({ resourceName: topic('adm-hidden-acl') })]);
    });

    it('tells for each filter what it deleted', async () => {
      const deletions = await as((admin) => admin.acls.delete([{ ...HERS, resourceType: 'GROUP' }, { ...HERS, resourceName: 'nothing like it' }, HERS]));
      expect(deletions.map((one) => (one.kind === 'done' ? one.bindings.length : one.error.code))).toEqual([1, 0, 4]);
      expect(await hers()).toEqual([]);
    });

    it('refuses whom Kafka refuses', async () => {
      expect(await codeOf(as((admin) => admin.acls.describe(HERS), nobody))).toBe('CLUSTER_AUTHORIZATION_FAILED');
      expect(await as((admin) => admin.acls.create([binding()]), nobody).then(told, (error: { code: string }) => [error.code])).toEqual(['CLUSTER_AUTHORIZATION_FAILED']);
      expect(told(await as((admin) => admin.acls.delete([HERS]), nobody))).toEqual(['CLUSTER_AUTHORIZATION_FAILED']);
    });
  });
};
