import type { VerifiedPrincipal } from '@postern/auth-plugins';
import type { KafkaCaller } from '@postern/kafka';

/** The authenticated caller on one request: who it is, and how Kafka gets to see it on a cluster. */
export interface Caller {
  readonly principal: VerifiedPrincipal;
  /** @throws RequestError PROTECTED_NAME or FORBIDDEN when the principal has no Kafka name on that cluster (I9) */
  forCluster(clusterId: string): KafkaCaller;
}
