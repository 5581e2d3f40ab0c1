import { inject } from 'vitest';
import { changesOf, issuerControls, kafkaSetUp, type DirectoryChanges, type IssuerControls, type KafkaSetUp } from '../../stack/src/index.ts';
import type { StackDescription } from './stack.description.ts';

/** The test run's servers, and what a spec may do to them. Stopping and freezing is for servers that a spec started itself. */
export interface Stack extends StackDescription {
  readonly kafka: StackDescription['kafka'] & KafkaSetUp;
  readonly directory: StackDescription['directory'] & DirectoryChanges;
  readonly issuer: StackDescription['issuer'] & IssuerControls;
}

export const stack = (): Stack => {
  const description = inject('stack');
  return {
    ...description,
    kafka: { ...description.kafka, ...kafkaSetUp(description.kafka) },
    directory: { ...description.directory, ...changesOf(description.directory) },
    issuer: { ...description.issuer, ...issuerControls(description.issuer) },
  };
};
