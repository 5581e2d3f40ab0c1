import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Topics } from '../cluster/topics.use-case.js';
import { callerOf } from '../authn/caller-of.js';
import { Operation } from '../gate/operation.js';
import { DEFAULT_CLUSTER } from '../wiring/tokens.js';
import { jsonBytes } from '../http/json-bytes.js';
import { AnswerV2 } from './answer-v2.js';
import { topicParameter } from '../http/topic-parameter.js';
import { requireV2Answer } from './negotiation.js';
import { partitionBody, topicBody } from './topic-body.js';

/** Topics and partitions of REST v2. v2 has no clusters in its paths: it speaks of the default one. */
@Controller('topics')
export class TopicsController {
  constructor(
    private readonly topics: Topics,
    @Inject(DEFAULT_CLUSTER) private readonly cluster: string,
  ) {}

  @Get()
  @AnswerV2()
  @Operation('api.v2.topics.list')
  async list(@Req() request: FastifyRequest): Promise<Buffer> {
    requireV2Answer(request);
    return jsonBytes(JSON.stringify(await this.topics.names(callerOf(request, this.cluster), this.cluster)));
  }

  @Get(':topic')
  @AnswerV2()
  @Operation('api.v2.topics.get')
  async get(@Req() request: FastifyRequest, @Param('topic') topic: string): Promise<Buffer> {
    requireV2Answer(request);
    return jsonBytes(JSON.stringify(topicBody(await this.topics.detail(callerOf(request, this.cluster, topic), this.cluster, topicParameter(topic)))));
  }

  @Get(':topic/partitions')
  @AnswerV2()
  @Operation('api.v2.partitions.list')
  async partitions(@Req() request: FastifyRequest, @Param('topic') topic: string): Promise<Buffer> {
    requireV2Answer(request);
    const partitions = await this.topics.partitions(callerOf(request, this.cluster, topic), this.cluster, topicParameter(topic));
    return jsonBytes(JSON.stringify(partitions.map(partitionBody)));
  }
}
