/** Longer than this nobody is believed: a wrong header must not shut callers out for a day. */
const MOST_SECONDS = 300;

/** Retry-After as seconds from now (RFC 9110 section 10.2.3: seconds or a date); null when there is none to be read. */
export const retryAfterSeconds = (value: string | undefined, now: number): number | null => {
  if (value === undefined) return null;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), MOST_SECONDS);
};
