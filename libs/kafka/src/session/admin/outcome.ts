import type { KafkaError } from '../../errors/kafka-error.js';

/** What became of one item of a call: each has its own, whatever the others got. */
export type Outcome<Done extends object = object> = ({ readonly kind: 'done' } & Done) | { readonly kind: 'failed'; readonly error: KafkaError };

/** An outcome beside what it is the outcome of. */
export type Each<Item extends object, Done extends object = object> = Item & Outcome<Done>;

/** One partition by its names. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}
