import type { KafkaErrorCode } from './kafka-error.js';

/** Where a code was answered: error 3 and 10 mean different things for a topic, a partition and a group. */
export type BrokerCodeSubject = 'topic' | 'partition' | 'group' | 'other';

/**
 * Kafka's numeric error codes (org.apache.kafka.common.protocol.Errors) → our closed set.
 * Codes that this table does not know become BROKER_OTHER: a newer broker may send them.
 */
export const fromBrokerCode = (code: number, subject: BrokerCodeSubject = 'other'): KafkaErrorCode => {
  switch (code) {
    case 29:
      return 'TOPIC_AUTHORIZATION_FAILED';
    case 30:
      return 'GROUP_AUTHORIZATION_FAILED';
    case 31:
      return 'CLUSTER_AUTHORIZATION_FAILED';
    case 53:
      return 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
    case 65:
      return 'DELEGATION_TOKEN_AUTHORIZATION_FAILED';
    case 3: // unknown topic or partition
      return subject === 'partition' ? 'UNKNOWN_PARTITION' : 'UNKNOWN_TOPIC';
    case 100: // unknown topic id
    case 103: // inconsistent topic id
      return 'UNKNOWN_TOPIC';
    case 69:
      return 'UNKNOWN_GROUP';
    case 25: // unknown member
    case 82: // fenced instance
    case 110: // fenced member epoch
      return 'UNKNOWN_MEMBER';
    case 91: // resource not found
    case 85: // no reassignment in progress
    case 62: // delegation token not found
    case 98: // snapshot not found
    case 105: // transactional id not found
      return 'UNKNOWN_RESOURCE';
    case 17:
      return 'INVALID_TOPIC';
    case 36:
      return 'TOPIC_ALREADY_EXISTS';
    case 37:
      return 'INVALID_PARTITIONS';
    case 38:
      return 'INVALID_REPLICATION_FACTOR';
    case 39:
      return 'INVALID_REPLICA_ASSIGNMENT';
    case 40:
      return 'INVALID_CONFIG';
    case 4: // fetch size
    case 21: // acks
    case 23: // group protocol
    case 24: // group id
    case 26: // session timeout
    case 28: // commit offset size
    case 12: // offset metadata too large
    case 42: // request
    case 67: // principal type
    case 73: // topic deletion disabled
    case 92: // duplicate resource
    case 112: // assignor
      return 'INVALID_REQUEST';
    case 44:
      return 'POLICY_VIOLATION';
    case 54:
    case 61: // delegation tokens off
      return 'SECURITY_DISABLED';
    case 35:
    case 43: // not for this record format
    case 76: // compression type
      return 'UNSUPPORTED_VERSION';
    case 10: // one record batch above max.message.bytes
    case 18: // one batch above the segment size
      return 'RECORD_TOO_LARGE';
    case 87:
      return 'INVALID_RECORD';
    case 32:
      return 'INVALID_TIMESTAMP';
    case 1:
      return 'OFFSET_OUT_OF_RANGE';
    case 68:
      return 'GROUP_NOT_EMPTY';
    case 22: // generation
    case 27: // rebalance
    case 79: // member id required
    case 113: // stale member epoch
    case 86: // group subscribed to the topic
      return 'ILLEGAL_GROUP_STATE';
    case 89:
      return 'THROTTLED';
    case 19:
      return 'NOT_ENOUGH_REPLICAS';
    case 7: // request timed out at the broker: replicas may have it
    case 20: // not enough replicas after the leader appended
      return 'OUTCOME_UNKNOWN';
    case 8:
      return 'NO_BROKER';
    case 5: // leader not available
    case 6: // not leader
    case 9: // replica not available
    case 13: // network
    case 14: // coordinator loading
    case 15: // coordinator not available
    case 16: // not coordinator
    case 41: // not controller
    case 51: // concurrent transactions
    case 56: // storage
    case 72: // listener not found
    case 74: // fenced leader epoch
    case 75: // unknown leader epoch
    case 78: // offset not available
    case 80: // preferred leader
    case 83: // eligible leaders
    case 88: // unstable offset commit
    case 108: // new leader elected
      return 'BROKER_RETRIABLE';
    default:
      return 'BROKER_OTHER';
  }
};

/** Worth another try after a look at fresh metadata; not written if the answer carries no offset (Must 15). */
export const isUnwrittenAndRetriable = (code: number): boolean => code === 5 || code === 6 || code === 19;

/** The leader or the topic is not where the metadata said. */
export const isStaleMetadata = (code: number): boolean => code === 3 || code === 5 || code === 6 || code === 74 || code === 100;
