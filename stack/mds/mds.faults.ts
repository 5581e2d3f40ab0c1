import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';

/**
 * What a specification can make of every call but `features`. `no-bearer` is MDS without its token service, `drip` a
 * server that sends a byte a second, `html` the page of a captive portal or a balancer.
 */
export type MdsFault = 'none' | 'unauthorized' | 'forbidden' | 'no-bearer' | 'broken' | 'stall' | 'drip' | 'html' | 'redirect' | 'huge' | 'cut' | 'bad-json' | 'no-token' | 'gzip';

const PLAIN_STATUS = { unauthorized: 401, forbidden: 403, 'no-bearer': 404, broken: 500 } as const;
const JSON_TYPE = { 'content-type': 'application/json' };
const HUGE = 10 * 1024 * 1024;

/** Answers as the fault says. @returns false when there is none */
export const answerFault = (fault: MdsFault, response: ServerResponse): boolean => {
  switch (fault) {
    case 'none':
      return false;
    case 'unauthorized':
    case 'forbidden':
    case 'no-bearer':
    case 'broken':
      // Jetty's own form, which comes before MDS's: seen from real ones (security reference 1.5).
      response.writeHead(PLAIN_STATUS[fault], JSON_TYPE).end(JSON.stringify({ servlet: 'default', message: fault, url: '/security/1.0/authenticate', status: String(PLAIN_STATUS[fault]) }));
      return true;
    case 'stall':
      return true;
    case 'drip': {
      response.writeHead(200, JSON_TYPE);
      const timer = setInterval(() => response.write(' '), 100);
      response.once('close', () => clearInterval(timer));
      return true;
    }
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in to the network</title>');
      return true;
    case 'redirect':
      response.writeHead(302, { location: '/security/1.0/elsewhere' }).end();
      return true;
    case 'huge':
      response.writeHead(200, JSON_TYPE).end(`{"auth_token":"${'a'.repeat(HUGE)}"}`);
      return true;
    case 'cut':
      response.writeHead(200, { ...JSON_TYPE, 'content-length': '1000' });
      response.write('{"auth_token":');
      setTimeout(() => response.destroy(), 20);
      return true;
    case 'bad-json':
      response.writeHead(200, JSON_TYPE).end('{"auth_token":');
      return true;
    case 'no-token':
      response.writeHead(200, JSON_TYPE).end('{"token_type":"Bearer","expires_in":3600}');
      return true;
    case 'gzip':
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(gzipSync('{"auth_token":"a.b.c","token_type":"Bearer","expires_in":3600}'));
      return true;
  }
};
