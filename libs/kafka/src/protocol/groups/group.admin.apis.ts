import {
  consumerGroupDescribeV0,
  deleteGroupsV2,
  describeGroupsV5,
  listGroupsV4,
  listGroupsV5,
  offsetDeleteV0,
} from '@platformatic/kafka';
import { type Api, codec } from '../codecs.js';

type ListAnswer = ReturnType<typeof listGroupsV5.parseResponse>;

/** Version 4 tells no types and takes none. Lists in the arguments are empty for all. */
export const LIST_GROUPS: Api<[string[], string[]], Omit<ListAnswer, 'groups'> & { readonly groups: readonly (Omit<ListAnswer['groups'][number], 'groupType'> & { readonly groupType?: string })[] }> = {
  key: 16,
  name: 'ListGroups',
  codecs: [codec(listGroupsV5 as never), codec(listGroupsV4 as never)],
};

export const DESCRIBE_GROUPS: Api<Parameters<typeof describeGroupsV5.createRequest>, ReturnType<typeof describeGroupsV5.parseResponse>> = { key: 15, name: 'DescribeGroups', codecs: [codec(describeGroupsV5)] };

export const CONSUMER_GROUP_DESCRIBE: Api<Parameters<typeof consumerGroupDescribeV0.createRequest>, ReturnType<typeof consumerGroupDescribeV0.parseResponse>> = {
  key: 69,
  name: 'ConsumerGroupDescribe',
  codecs: [codec(consumerGroupDescribeV0)],
};

export const DELETE_GROUPS: Api<Parameters<typeof deleteGroupsV2.createRequest>, ReturnType<typeof deleteGroupsV2.parseResponse>> = { key: 42, name: 'DeleteGroups', codecs: [codec(deleteGroupsV2)] };

export const OFFSET_DELETE: Api<Parameters<typeof offsetDeleteV0.createRequest>, ReturnType<typeof offsetDeleteV0.parseResponse>> = { key: 47, name: 'OffsetDelete', codecs: [codec(offsetDeleteV0, false)] };
