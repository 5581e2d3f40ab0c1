/** Postern's own traffic to Kafka (I23): another type in another folder, out of reach of request code. */
export { probeCluster, type ClusterReach } from './probe-cluster.js';
