import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { RequestLog } from './audit/request-log.js';
import { ApiTerms } from './authn/api-terms.js';
import { CallerMaker } from './authn/caller-maker.js';
import { CreateTopic } from './cluster/create-topic.use-case.js';
import { DeleteTopic } from './cluster/delete-topic.use-case.js';
import { Partitions } from './cluster/partitions.use-case.js';
import { Topics } from './cluster/topics.use-case.js';
import type { Settings } from './config/settings.schema.js';
import { BodyReader } from './http/body-reader.js';
import { HdinsightMetadataController } from './hdinsight/metadata.controller.js';
import { HdinsightRecordsController } from './hdinsight/records.controller.js';
import { HdinsightTopicDeletionController } from './hdinsight/topic-deletion.controller.js';
import { Produce } from './records/produce.use-case.js';
import { ReadPartition } from './records/read-partition.use-case.js';
import { GUARDS_IN_ORDER } from './request-path.js';
import { RequestMetrics } from './telemetry/request-metrics.js';
import { ProduceController } from './v2/produce.controller.js';
import { RootController } from './v2/root.controller.js';
import { TopicsController } from './v2/topics.controller.js';

/** What was built before NestJS starts, by token (wiring/tokens.ts). */
export type Parts = readonly Provider[];

/** The application: the APIs over the same use-cases. */
@Module({})
export class AppModule {
  /** @param settings decide which optional operations there are */
  static of(parts: Parts, { hdinsight }: Pick<Settings, 'hdinsight'>): DynamicModule {
    return {
      module: AppModule,
      controllers: [RootController, TopicsController, ProduceController, HdinsightMetadataController, HdinsightRecordsController, ...(hdinsight.deleteTopics ? [HdinsightTopicDeletionController] : [])],
      providers: [...parts, ...GUARDS_IN_ORDER, RequestLog, RequestMetrics, BodyReader, ApiTerms, CallerMaker, Topics, Partitions, CreateTopic, DeleteTopic, Produce, ReadPartition],
    };
  }
}
