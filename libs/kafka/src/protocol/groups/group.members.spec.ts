import { describe, expect, it } from 'vitest';
import type { AdminCall } from '../admin.call.js';
import { encodeAssignment, encodeSubscription } from './group.apis.js';
import { classicMember } from './group.members.js';

const call = { ruled: () => null } as unknown as AdminCall;
const member = (memberMetadata: Buffer, memberAssignment: Buffer) => classicMember(call, 'consumer', { memberId: 'm', groupInstanceId: null, clientId: 'c', clientHost: '/h', memberMetadata, memberAssignment });

describe('a member of a classic group', () => {
  it('is shown with what it subscribes to and what it has', () => {
    expect(member(encodeSubscription(['t']), encodeAssignment(new Map([['t', [1, 0]]])))).toMatchObject({
      subscribed: ['t'],
      assignments: [
        { topic: 't', partition: 0 },
        { topic: 't', partition: 1 },
      ],
    });
  });

  it.each([
    ['ends early', Buffer.from([0, 0, 0, 0, 0, 9])],
    ['is a text', Buffer.from('whatever a client likes')],
  ])('is shown all the same when what it brought %s', (_case, bytes) => {
    expect(member(bytes, bytes)).toMatchObject({ memberId: 'm', subscribed: [], assignments: [] });
  });
});
