import { applyDecorators, Header, HttpCode } from '@nestjs/common';
import { V2_TYPE } from '../http/v2-type.js';

/** 200 with REST v2's media type, for reads and for writes alike. */
export const AnswerV2 = () => applyDecorators(HttpCode(200), Header('content-type', V2_TYPE));
