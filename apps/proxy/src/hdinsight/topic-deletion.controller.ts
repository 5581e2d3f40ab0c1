import { Controller, Delete, Inject, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../authn/caller-of.js';
import { DeleteTopic } from '../cluster/delete-topic.use-case.js';
import { Operation } from '../gate/operation.js';
import { jsonBytes } from '../http/json-bytes.js';
import { topicParameter } from '../http/topic-parameter.js';
import { DEFAULT_CLUSTER } from '../wiring/tokens.js';
import { AnswerJson } from './answer-json.js';

/** Beyond the published API, whose article speaks of topics deleted through the proxy: made only where a setting asks for it. */
@Controller('v1')
export class HdinsightTopicDeletionController {
  constructor(
    private readonly deleteTopic: DeleteTopic,
    @Inject(DEFAULT_CLUSTER) private readonly cluster: string,
  ) {}

  @Delete('topics/:topic')
  @AnswerJson()
  @Operation('api.hdinsight.topics.delete')
  async remove(@Req() request: FastifyRequest, @Param('topic') name: string): Promise<Buffer> {
    const topic = topicParameter(name);
    await this.deleteTopic.run(callerOf(request, this.cluster, topic), this.cluster, topic);
    return jsonBytes(JSON.stringify(`Topic ${topic} deleted.`));
  }
}
