import type { RecordResult } from '@postern/kafka';
import { problemOfKafka } from '../http/problem.js';

/** Status and body of a produce request (Confluent contract §1.4). */
export interface ProduceAnswer {
  readonly status: number;
  readonly body: string;
  /** The first failure's code, for the audit record. */
  readonly error: string | undefined;
}

/**
 * One entry per record, in request order, nulls written out. Any entry of an authentication failure makes the whole
 * answer 401, any authorization failure 403; every other failure stays inside a 200.
 */
export const produceAnswer = (results: readonly RecordResult[]): ProduceAnswer => {
  let status = 200;
  let error: string | undefined;
  const entries = results.map((result) => {
    if (result.kind === 'stored') return `{"partition":${result.partition},"offset":${result.offset},"error_code":null,"error":null}`;
    const problem = problemOfKafka(result.error);
    error ??= problem.code;
    if (problem.errorCode === 40101) status = 401;
    else if (problem.errorCode === 40301 && status !== 401) status = 403;
    return `{"partition":null,"offset":null,"error_code":${problem.errorCode},"error":${JSON.stringify(problem.message)}}`;
  });
  return { status, error, body: `{"offsets":[${entries.join(',')}],"key_schema_id":null,"value_schema_id":null}` };
};
