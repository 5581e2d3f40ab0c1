import type { ConnectionPool } from './connection.pool.js';
import { DirectoryFailure, type DirectoryConnection, type DirectorySearch, type SearchAnswer } from './directory.driver.js';

/** Puts one search to the directory, as whoever may read there. @throws DirectoryFailure when no answer came */
export type Read = (search: DirectorySearch, signal: AbortSignal) => Promise<SearchAnswer>;

/** Busy and unavailable (RFC 4511 section 4.1.9): this server cannot say now, another one may. */
const BUSY = 51;
const UNAVAILABLE = 52;

/** @throws DirectoryFailure also for a server that says that it cannot answer now */
export const readBy =
  (connection: DirectoryConnection): Read =>
  async (search, signal) => {
    const answer = await connection.search(search, signal);
    if (answer.kind === 'refused' && (answer.code === BUSY || answer.code === UNAVAILABLE)) throw new DirectoryFailure('unavailable');
    return answer;
  };

/** Reads as the service account. */
export const readAsService =
  (searches: ConnectionPool): Read =>
  (search, signal) =>
    searches.lease(signal, async (connection, until) => {
      const answer = await readBy(connection)(search, until);
      return { answer, keep: answer.kind === 'entries' || answer.kind === 'too-many' };
    });
