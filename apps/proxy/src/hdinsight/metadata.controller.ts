import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../authn/caller-of.js';
import { Partitions } from '../cluster/partitions.use-case.js';
import { Topics } from '../cluster/topics.use-case.js';
import type { Settings } from '../config/settings.schema.js';
import { Operation } from '../gate/operation.js';
import { topicParameter } from '../http/topic-parameter.js';
import { DEFAULT_CLUSTER, SETTINGS } from '../wiring/tokens.js';
import { jsonBytes } from '../http/json-bytes.js';
import { AnswerJson } from './answer-json.js';
import { partitionNumber } from './path-parameters.js';
import { brokerBody, partitionText } from './value-shapes.js';

/** Topics, brokers and partitions of the HDInsight API, fresh from the cluster at each call. */
@Controller('v1')
export class HdinsightMetadataController {
  constructor(
    private readonly topics: Topics,
    private readonly partitions: Partitions,
    @Inject(DEFAULT_CLUSTER) private readonly cluster: string,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get('status')
  @AnswerJson()
  @Operation('api.hdinsight.status')
  status(): Buffer {
    return jsonBytes('"OK"');
  }

  @Get('metadata/topics')
  @AnswerJson()
  @Operation('api.hdinsight.topics.list')
  async list(@Req() request: FastifyRequest): Promise<Buffer> {
    return jsonBytes(JSON.stringify({ topics: await this.topics.names(callerOf(request, this.cluster), this.cluster, this.settings.hdinsight.internalTopics) }));
  }

  @Get('metadata/brokers')
  @AnswerJson()
  @Operation('api.hdinsight.brokers.list')
  async brokers(@Req() request: FastifyRequest): Promise<Buffer> {
    const brokers = await this.partitions.brokers(callerOf(request, this.cluster), this.cluster);
    return jsonBytes(JSON.stringify({ brokers: brokers.map(brokerBody) }));
  }

  @Get('metadata/topics/:topic/partitions')
  @AnswerJson()
  @Operation('api.hdinsight.partitions.list')
  async ofTopic(@Req() request: FastifyRequest, @Param('topic') name: string): Promise<Buffer> {
    const topic = topicParameter(name);
    const { partitions, brokers } = await this.partitions.ofTopic(callerOf(request, this.cluster, topic), this.cluster, topic, null);
    return jsonBytes(`{"topic":${JSON.stringify(topic)},"partitions":[${partitions.map((partition) => partitionText(partition, brokers)).join(',')}]}`);
  }

  @Get('metadata/topics/:topic/partitions/:partition')
  @AnswerJson()
  @Operation('api.hdinsight.partitions.get')
  async one(@Req() request: FastifyRequest, @Param('topic') name: string, @Param('partition') number: string): Promise<Buffer> {
    const topic = topicParameter(name);
    const { partitions, brokers } = await this.partitions.ofTopic(callerOf(request, this.cluster, topic), this.cluster, topic, partitionNumber(number));
    return jsonBytes(partitions.map((partition) => partitionText(partition, brokers)).join());
  }
}
