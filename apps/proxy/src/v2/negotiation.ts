import type { FastifyRequest } from 'fastify';
import type { PlainFormat } from '@postern/schema';
import { chooseMediaType, parseMediaType } from '../http/media-type.js';
import { RequestError } from '../http/request-error.js';
import { V2_TYPE } from '../http/v2-type.js';

const FORMATS: Readonly<Record<string, PlainFormat>> = {
  'application/vnd.kafka.binary.v2+json': 'binary',
  'application/vnd.kafka.json.v2+json': 'json',
};

/** Metadata and produce answer in one type only; a caller that takes none of it gets 406 without a body. */
export const requireV2Answer = (request: FastifyRequest): void => {
  if (chooseMediaType(request.headers.accept, [V2_TYPE]) === null) throw new RequestError('NOT_ACCEPTABLE');
};

/** The embedded format that the content type names; without one it is binary, as the original takes it. */
export const embeddedFormat = (request: FastifyRequest): PlainFormat => {
  const header = request.contentType;
  if (header === undefined || header === '') return 'binary';
  const media = parseMediaType(header);
  const format = media === null ? undefined : FORMATS[media.type];
  if (media === null || format === undefined || (media.charset !== null && media.charset !== 'utf-8')) throw new RequestError('UNSUPPORTED_MEDIA_TYPE');
  return format;
};

/** `POST /` takes the generic type (Confluent cases 3, 4). */
export const requireV2Body = (request: FastifyRequest): void => {
  const header = request.contentType;
  if (header !== undefined && parseMediaType(header)?.type !== V2_TYPE) throw new RequestError('UNSUPPORTED_MEDIA_TYPE');
};
