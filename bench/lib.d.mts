export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}
export interface WrkRun {
  readonly requests: number;
  readonly rps: number;
  readonly p50: number;
  readonly p99: number;
  /** Seconds of the peer's CPU for 1,000 requests. */
  readonly cpuPer1k: number;
  readonly rss: number;
  /** Answers other than 2xx and 3xx. */
  readonly e_status: number;
}
export function wrk(peer: Peer, path: string, options: { readonly conns: number; readonly secs: number; readonly lua: string; readonly args?: readonly (string | number)[] }): Promise<WrkRun>;
export function median(values: readonly number[]): number | null;
export function round(value: number | null, digits?: number): number | null;
export function table(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[]): void;
