import { Controller, Get, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RecordResult } from '@postern/kafka';
import { callerOf } from '../authn/caller-of.js';
import { CreateTopic } from '../cluster/create-topic.use-case.js';
import type { Settings } from '../config/settings.schema.js';
import { Operation } from '../gate/operation.js';
import { BodyReader } from '../http/body-reader.js';
import { RecordRefused } from '../http/request-error.js';
import { topicParameter } from '../http/topic-parameter.js';
import { Produce } from '../records/produce.use-case.js';
import { ReadPartition } from '../records/read-partition.use-case.js';
import { DEFAULT_CLUSTER, SETTINGS } from '../wiring/tokens.js';
import { jsonBytes } from '../http/json-bytes.js';
import { AnswerJson } from './answer-json.js';
import { countNumber, offsetNumber, partitionNumber } from './path-parameters.js';
import { parseHdinsightRecords } from './produce.body.js';
import { parseTopicCreation } from './topic-creation.body.js';
import { recordText } from './value-shapes.js';

/** The bound of one read (reference §1.7), of keys and values. */
const READ_BYTES = 6_000_000;
const READ_WAIT_MS = 500;

/** Create, produce and consume of the HDInsight API. */
@Controller('v1')
export class HdinsightRecordsController {
  constructor(
    private readonly createTopic: CreateTopic,
    private readonly produce: Produce,
    private readonly readPartition: ReadPartition,
    private readonly bodies: BodyReader,
    @Inject(DEFAULT_CLUSTER) private readonly cluster: string,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Put('topics/:topic')
  @AnswerJson()
  @Operation('api.hdinsight.topics.create')
  async create(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply, @Param('topic') name: string): Promise<Buffer> {
    const topic = topicParameter(name);
    const caller = callerOf(request, this.cluster, topic);
    await this.createTopic.run(caller, this.cluster, parseTopicCreation(topic, await this.bodies.read(request, reply)));
    return jsonBytes(JSON.stringify(`Topic ${topic} created.`));
  }

  @Post('producer/topics/:topic')
  @AnswerJson()
  @Operation('api.hdinsight.produce')
  async write(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply, @Param('topic') name: string): Promise<Buffer> {
    const topic = topicParameter(name);
    const caller = callerOf(request, this.cluster, topic);
    const { limits } = this.settings;
    const records = parseHdinsightRecords(await this.bodies.read(request, reply), topic, limits, this.settings.hdinsight.nullValue);
    request.record.records = records.length;
    refuseWhatWasNotStored(await this.produce.recordsOfOneTopic(caller, this.cluster, topic, records));
    return jsonBytes(JSON.stringify(`${records.length} records written.`));
  }

  @Get('consumer/topics/:topic/partitions/:partition/offsets/:offset')
  @AnswerJson()
  @Operation('api.hdinsight.consume')
  async read(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply, @Param('topic') name: string, @Param('partition') number: string, @Param('offset') from: string, @Query('count') count: unknown): Promise<Buffer> {
    const topic = topicParameter(name);
    const [partition, offset] = [partitionNumber(number), offsetNumber(from)];
    const caller = callerOf(request, this.cluster, topic);
    const { records, nextOffset } = await this.readPartition.run(caller, this.cluster, { topic, partition, offset, maxRecords: countNumber(count, this.settings.limits.records), maxBytes: READ_BYTES, maxWaitMs: READ_WAIT_MS });
    void reply.header('NextOffset', String(nextOffset));
    const list = `[${records.map((record) => recordText(partition, record, this.settings.hdinsight.notUtf8)).join(',')}]`;
    return jsonBytes(this.settings.hdinsight.recordsAsArray ? list : `{"records":${list}}`);
  }
}

/** The API has no entries for records: the first that failed is the answer, and it says which and how many were written. */
const refuseWhatWasNotStored = (results: readonly RecordResult[]): void => {
  const index = results.findIndex((result) => result.kind === 'failed');
  const failed = results[index];
  if (failed?.kind !== 'failed') return;
  const stored = results.filter((result) => result.kind === 'stored').length;
  throw new RecordRefused(failed.error, `records[${index}] was not written; ${stored} of ${results.length} records were.`);
};
