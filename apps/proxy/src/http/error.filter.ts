import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Alarms } from '../telemetry/alarms.js';
import { sendProblem } from './send-problem.js';

/** Every exception of every route ends here and becomes a row of the error table. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly alarms: Alarms) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const code = sendProblem(error, request, http.getResponse<FastifyReply>(), request.snapshot.authentication.challenges);
    // A third party's error text may hold a credential: its name and code are kept, no more (I29).
    if (code === 'UNEXPECTED' || code === 'INTERNAL') {
      const { name, code: theirs } = error as { name?: string; code?: unknown };
      this.alarms.raise('unexpected-error', { name, code: typeof theirs === 'string' ? theirs : undefined, operation: request.record.operation, requestId: request.record.id, stack: ownStack(error) });
    }
  }
}

/** Where it happened, without the sentence of the error: only the frames. */
const ownStack = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  const frames = error.stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, 8).map((line) => line.trim()).join(' | ');
};
