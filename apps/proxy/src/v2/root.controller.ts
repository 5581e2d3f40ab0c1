import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Inject } from '@nestjs/common';
import type { Settings } from '../config/settings.schema.js';
import { Operation } from '../gate/operation.js';
import { readBody } from '../http/body-reader.js';
import { RequestError } from '../http/request-error.js';
import { SETTINGS } from '../wiring/tokens.js';
import { AnswerV2, json } from './answer-v2.js';
import { requireV2Answer, requireV2Body } from './negotiation.js';

/** `GET /` and `POST /`: an empty object for whoever may call at all. */
@Controller()
export class RootController {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  @Get()
  @AnswerV2()
  @Operation('api.v2.root')
  get(@Req() request: FastifyRequest): Buffer {
    requireV2Answer(request);
    return json('{}');
  }

  @Post()
  @AnswerV2()
  @Operation('api.v2.root')
  async post(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    requireV2Answer(request);
    requireV2Body(request);
    const body = await readBody(request, reply, this.settings.limits);
    if (body.length > 0) requireObject(body.toString());
    return json('{}');
  }
}

const requireObject = (text: string): void => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestError('INVALID_JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RequestError('BAD_REQUEST', 'Bad Request: the request body must be a JSON object.');
};
