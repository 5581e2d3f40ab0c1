/** Parts of the issuer that a test can make fail one by one. */
export const ENDPOINTS = ['metadata', 'keys', 'token', 'graph'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/**
 * `html` is the page that a captive portal or a balancer answers with status 200; `stall` never answers; `redirect` points
 * elsewhere; `huge` is an answer of a megabyte; `forbidden` is a right that was taken away.
 */
export type FaultKind = 'none' | 'unavailable' | 'html' | 'stall' | 'throttled' | 'redirect' | 'huge' | 'forbidden';

/** Which faults are on, and how often each part was asked: for single-flight and cool-down checks. */
export class Faults {
  readonly #faults = new Map<Endpoint, FaultKind>();
  readonly #counts = new Map<Endpoint, number>();

  set(endpoint: Endpoint | 'all', kind: FaultKind): void {
    for (const one of endpoint === 'all' ? ENDPOINTS : [endpoint]) this.#faults.set(one, kind);
  }

  /** Counts the request. @returns the fault that is on */
  meet(endpoint: Endpoint): FaultKind {
    this.#counts.set(endpoint, (this.#counts.get(endpoint) ?? 0) + 1);
    return this.#faults.get(endpoint) ?? 'none';
  }

  counts(): Record<Endpoint, number> {
    const of = (endpoint: Endpoint): number => this.#counts.get(endpoint) ?? 0;
    return { metadata: of('metadata'), keys: of('keys'), token: of('token'), graph: of('graph') };
  }
}
