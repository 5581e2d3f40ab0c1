import { Controller, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProduceRecord, RecordResult } from '@postern/kafka';
import { callerOf } from '../authn/caller-of.js';
import type { Settings } from '../config/settings.schema.js';
import { Operation } from '../gate/operation.js';
import { BodyReader } from '../http/body-reader.js';
import { httpErrorOf } from '../http/http-errors.js';
import { Produce } from '../records/produce.use-case.js';
import { DEFAULT_CLUSTER, SETTINGS } from '../wiring/tokens.js';
import { jsonBytes } from '../http/json-bytes.js';
import { AnswerV2 } from './answer-v2.js';
import { embeddedFormat, requireV2Answer } from './negotiation.js';
import { partitionParameter } from './path-parameters.js';
import { topicParameter } from '../http/topic-parameter.js';
import { produceAnswer } from './produce-answer.js';
import { parseProduceBody } from './produce-body.js';

/** Produce of REST v2, to a topic and to one partition. */
@Controller('topics')
export class ProduceController {
  constructor(
    private readonly produce: Produce,
    private readonly bodies: BodyReader,
    @Inject(DEFAULT_CLUSTER) private readonly cluster: string,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post(':topic')
  @AnswerV2()
  @Operation('api.v2.produce-to-topic')
  toTopic(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply, @Param('topic') topic: string): Promise<Buffer> {
    return this.#write(request, reply, topic, null);
  }

  @Post(':topic/partitions/:partition')
  @AnswerV2()
  @Operation('api.v2.produce-to-partition')
  toPartition(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply, @Param('topic') topic: string, @Param('partition') partition: string): Promise<Buffer> {
    return this.#write(request, reply, topic, partitionParameter(partition));
  }

  async #write(request: FastifyRequest, reply: FastifyReply, name: string, partition: number | null): Promise<Buffer> {
    const caller = callerOf(request, this.cluster, name);
    const topic = topicParameter(name);
    requireV2Answer(request);
    const format = embeddedFormat(request);
    const { limits } = this.settings;
    const records = await parseProduceBody(await this.bodies.read(request, reply), topic, format, limits, partition);
    request.record.records = records.length;
    const results = await this.produce.records(caller, this.cluster, records);
    refuseAsAWhole(records, results, partition);
    const answer = produceAnswer(results);
    request.record.error = answer.error;
    if (answer.status !== 200) {
      request.record.decision = answer.status === 401 ? 'unauthenticated' : 'forbidden';
      void reply.code(answer.status);
    }
    return jsonBytes(answer.body);
  }
}

/**
 * What is true of the whole request is its answer, not an entry for each record: the path's topic or partition is not
 * there (404), or nothing could be sent at all (503, or 429 where a quota is used up, so that callers and balancers see it and come again).
 */
const refuseAsAWhole = (records: readonly ProduceRecord[], results: readonly RecordResult[], partition: number | null): void => {
  const [first] = results;
  if (first?.kind !== 'failed') return;
  const { error } = first;
  if (!results.every((result) => result.kind === 'failed' && result.error.code === error.code)) return;
  const pathNamesIt = error.code === 'UNKNOWN_TOPIC' || (error.code === 'UNKNOWN_PARTITION' && partition !== null && records.every((record) => record.partition === partition));
  const { status } = httpErrorOf(error.code);
  if (pathNamesIt || status === 503 || status === 429) throw error;
};
