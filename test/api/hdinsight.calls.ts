import type { Stack } from '../setup/stack.ts';
import { bearer, type Answer, type Call, type HttpsClient } from './https.client.ts';

export const HIB = 'https://hib.azurehdinsight.net';

/**
 * The calls of the HDInsight API by one caller, as Microsoft's sample makes them: a content type on every one, body or not.
 * Paths are under /v1; `/../` leaves it.
 */
export const hdinsightCalls = (client: () => HttpsClient, authorization: () => string) => {
  const refused: Answer[] = [];
  const call = async (path: string, options: Call = {}): Promise<Answer> => {
    const answer = await client().call(path.startsWith('/../') ? path.slice(3) : `/v1${path}`, { authorization: authorization(), contentType: 'application/json', ...options });
    if (answer.status !== 200) refused.push(answer);
    return answer;
  };
  return {
    call,
    /** Every answer so far that was not 200. */
    refused,
    put: (topic: string, body?: string) => call(`/topics/${topic}`, { method: 'PUT', ...(body === undefined ? {} : { body }) }),
    post: (topic: string, body: string) => call(`/producer/topics/${topic}`, { method: 'POST', body }),
    read: (topic: string, offset: number | string, query = '', partition: number | string = 0) => call(`/consumer/topics/${topic}/partitions/${partition}/offsets/${offset}${query}`),
    topics: async () => json((await call('/metadata/topics')).body)['topics'] as string[],
  };
};

export const json = (body: string): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;

/** A token as HDInsight's callers bring it: for Microsoft's resource, telling no groups. */
export const hibToken = async (stack: Stack, name: 'orders-service' | 'platform-admin' | 'outsider' = 'orders-service'): Promise<string> => bearer(await stack.issuer.fetchToken(name, HIB));
