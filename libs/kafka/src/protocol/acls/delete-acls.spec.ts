import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../errors/kafka-error.js';
import type { AclFilter } from '../../session/admin/acls.admin.port.js';
import { ManualTime } from '../../testing/manual-time.js';
import type { AdminCall } from '../admin.call.js';
import { deleteAcls } from './delete-acls.js';

const TOPIC = 2;
const GROUP = 3;
const OF_A_NEWER_BROKER = 99;
const EVERYTHING: AclFilter = { resourceType: 'ANY', resourceName: 'secret', patternType: 'ANY', principal: null, host: null, operation: 'ANY', permission: 'ANY' };

/** A broker with one binding for each of these kinds, all named `secret`; the rule hides the topic of that name. */
const setUp = (kinds: readonly number[]) => {
  const deleted: unknown[] = [];
  const request = async (api: { name: string }, [filters]: readonly [readonly { resourceType: number }[]]) => {
    if (api.name === 'DeleteAcls') {
      deleted.push(...filters.map(({ resourceType }) => resourceType));
      return { throttleTimeMs: 0, filterResults: filters.map(() => ({ errorCode: 0, errorMessage: null, matchingAcls: [] })) };
    }
    const acls = [{ principal: 'User:bob', host: '*', operation: 3, permissionType: 3 }];
    return { throttleTimeMs: 0, errorCode: 0, errorMessage: null, resources: kinds.map((resourceType) => ({ resourceType, resourceName: 'secret', resourcePatternType: 3, acls })) };
  };
  const time = new ManualTime();
  const connections = { hasChoice: false, toAny: async () => ({ request }) };
  const call = { connections, clock: time, deadline: time.now() + 1_000, ruled: () => new KafkaError('TOPIC_RULE_DENIED') } as unknown as AdminCall;
  return { deleted, call };
};

describe('deleting bindings', () => {
  it('leaves those alone that the rule hides', async () => {
    const { deleted, call } = setUp([TOPIC, GROUP]);
    expect(await deleteAcls(call, [EVERYTHING])).toMatchObject([{ kind: 'done', bindings: [{ kind: 'done', binding: { resourceType: 'GROUP' } }] }]);
    expect(deleted).toEqual([GROUP]);
  });

  it('does not reach them by way of a kind that it cannot name', async () => {
    const { deleted, call } = setUp([TOPIC, OF_A_NEWER_BROKER]);
    expect(await deleteAcls(call, [EVERYTHING])).toMatchObject([{ kind: 'done', bindings: [{ kind: 'failed', binding: { resourceType: 'UNKNOWN' }, error: { code: 'UNSUPPORTED_VERSION' } }] }]);
    expect(deleted).toEqual([]);
  });
});
