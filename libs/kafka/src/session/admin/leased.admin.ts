import type { AdminCall } from '../../protocol/admin.call.js';
import { createAcls } from '../../protocol/acls/create-acls.js';
import { deleteAcls } from '../../protocol/acls/delete-acls.js';
import { describeAcls } from '../../protocol/acls/describe-acls.js';
import { describeCluster } from '../../protocol/cluster/describe-cluster.js';
import { logDirectories } from '../../protocol/cluster/log-directories.js';
import { alterConfigs } from '../../protocol/configs/alter-configs.js';
import { describeConfigs } from '../../protocol/configs/describe-configs.js';
import { alterOffsets, deleteOffsets } from '../../protocol/groups/change-offsets.js';
import { deleteGroups } from '../../protocol/groups/delete-groups.js';
import { describeGroups } from '../../protocol/groups/describe-groups.js';
import { groupLags } from '../../protocol/groups/group-lags.js';
import { groupPositions } from '../../protocol/groups/group-positions.js';
import { listGroups } from '../../protocol/groups/list-groups.js';
import { deleteRecords } from '../../protocol/partitions/delete-records.js';
import { electLeaders } from '../../protocol/partitions/elect-leaders.js';
import { listReassignments } from '../../protocol/partitions/list-reassignments.js';
import { reassign } from '../../protocol/partitions/reassign.js';
import { alterQuotas, describeQuotas } from '../../protocol/quotas/client-quotas.js';
import { createPartitions } from '../../protocol/topics/create-partitions.js';
import { deleteTopics } from '../../protocol/topics/delete-topics.js';
import { describeTopics } from '../../protocol/topics/describe-topics.js';
import type { CallOptions } from '../call.options.js';
import type { KafkaAdmin } from './admin.port.js';

/** Runs one call while the lease lasts, with its deadline and the caller's topic rule. */
export type RunAdminCall = <T>(options: CallOptions | undefined, run: (call: AdminCall) => Promise<T>) => Promise<T>;

/** Every method is one protocol call; the topic rule is asked where the names are used. */
export const leasedAdmin = (run: RunAdminCall): KafkaAdmin => ({
  cluster: {
    describe: (options) => run(options, describeCluster),
    logDirectories: (brokerIds, options) => run(options, (call) => logDirectories(call, brokerIds)),
  },
  topics: {
    describe: (topics, options) => run(options, (call) => describeTopics(call, topics)),
    delete: (topics, options) => run(options, (call) => deleteTopics(call, topics)),
    createPartitions: (growths, options) => run(options, (call) => createPartitions(call, growths, options?.validateOnly ?? false)),
  },
  configs: {
    describe: (resources, options) => run(options, (call) => describeConfigs(call, resources)),
    alter: (alterations, options) => run(options, (call) => alterConfigs(call, alterations, options?.validateOnly ?? false)),
  },
  acls: {
    describe: (filter, options) => run(options, (call) => describeAcls(call, filter)),
    create: (bindings, options) => run(options, (call) => createAcls(call, bindings)),
    delete: (filters, options) => run(options, (call) => deleteAcls(call, filters)),
  },
  groups: {
    list: (filter = {}, options) => run(options, (call) => listGroups(call, filter)),
    describe: (groupIds, options) => run(options, (call) => describeGroups(call, groupIds)),
    delete: (groupIds, options) => run(options, (call) => deleteGroups(call, groupIds)),
    offsets: (groupId, options) => run(options, (call) => groupPositions(call, groupId)),
    lags: (groupId, options) => run(options, (call) => groupLags(call, groupId)),
    alterOffsets: (groupId, positions, options) => run(options, (call) => alterOffsets(call, groupId, positions)),
    deleteOffsets: (groupId, partitions, options) => run(options, (call) => deleteOffsets(call, groupId, partitions)),
  },
  partitions: {
    reassign: (wishes, options) => run(options, (call) => reassign(call, wishes)),
    reassignments: (topics, options) => run(options, (call) => listReassignments(call, topics)),
    deleteRecords: (wishes, options) => run(options, (call) => deleteRecords(call, wishes)),
    electLeaders: (kind, partitions, options) => run(options, (call) => electLeaders(call, kind, partitions)),
  },
  quotas: {
    describe: (filter, options) => run(options, (call) => describeQuotas(call, filter)),
    alter: (alterations, options) => run(options, (call) => alterQuotas(call, alterations, options?.validateOnly ?? false)),
  },
});
