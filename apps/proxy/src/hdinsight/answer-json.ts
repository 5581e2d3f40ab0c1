import { applyDecorators, Header, HttpCode } from '@nestjs/common';

/** 200 with JSON, for reads and for writes alike: a POST of this API is 200 and not 201. */
export const AnswerJson = () => applyDecorators(HttpCode(200), Header('content-type', 'application/json'));
