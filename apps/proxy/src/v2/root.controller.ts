import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JsonCursor, JsonFault } from '@postern/schema';
import { Operation } from '../gate/operation.js';
import { BodyReader } from '../http/body-reader.js';
import { RequestError } from '../http/request-error.js';
import { jsonBytes } from '../http/json-bytes.js';
import { AnswerV2 } from './answer-v2.js';
import { requireV2Answer, requireV2Body } from './negotiation.js';

/** `GET /` and `POST /`: an empty object for whoever may call at all. */
@Controller()
export class RootController {
  constructor(private readonly bodies: BodyReader) {}

  @Get()
  @AnswerV2()
  @Operation('api.v2.root')
  get(@Req() request: FastifyRequest): Buffer {
    requireV2Answer(request);
    return jsonBytes('{}');
  }

  @Post()
  @AnswerV2()
  @Operation('api.v2.root')
  async post(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    requireV2Answer(request);
    requireV2Body(request);
    const body = await this.bodies.read(request, reply, MOST_BYTES);
    if (body.length > 0) requireObject(body);
    return jsonBytes('{}');
  }
}

const MOST_BYTES = 64 * 1024;
const MOST_LEVELS = 100;

const requireObject = (body: Buffer): void => {
  try {
    const cursor = new JsonCursor(body, MOST_LEVELS);
    const isObject = cursor.peek() === 0x7b;
    cursor.value();
    if (!cursor.atEnd()) throw new RequestError('INVALID_JSON');
    if (!isObject) throw new RequestError('BAD_REQUEST', 'Bad Request: the request body must be a JSON object.');
  } catch (error) {
    throw error instanceof JsonFault ? new RequestError('INVALID_JSON') : error;
  }
};
