import { Throttled, Unavailable, type Plugin, type PluginReport, type VerifiedPrincipal } from '@postern/auth-plugins';

/** How a plugin's strategy ended, as the guard would see it. */
export type Ended = VerifiedPrincipal | string;

/** Runs a strategy as passport does: on an object that inherits from it and carries the outcomes. */
export const run = (plugin: Plugin, authorization: string, source = '127.0.0.1'): Promise<Ended> =>
  new Promise((resolve) => {
    const attempt = Object.assign(Object.create(plugin.strategy) as { authenticate(request: object): void }, {
      success: (principal: VerifiedPrincipal) => resolve(principal),
      fail: (rejection: { readonly reason: string }) => resolve(`401 ${rejection.reason}`),
      error: (problem: unknown) => resolve(problem instanceof Unavailable ? `503 ${problem.upstream}` : problem instanceof Throttled ? '429' : `500 ${String(problem)}`),
    });
    attempt.authenticate({ headers: { authorization }, source });
  });

export const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
export const bearer = (token: string): string => `Bearer ${token}`;

/** The principal that a login must have given. */
export const principalOf = (ended: Ended): VerifiedPrincipal => {
  if (typeof ended === 'string') throw new Error(`no principal: ${ended}`);
  return ended;
};

/** A clock that a spec can move; real time otherwise. */
export const testClock = () => {
  let ahead = 0;
  return { clock: { now: () => Date.now() + ahead }, later: (seconds: number) => (ahead += seconds * 1_000) };
};

/** Reports of a plugin, as `event` or `event:code`. */
export const collectReports = () => {
  const seen: string[] = [];
  return { seen, report: ({ event, code }: PluginReport) => void seen.push(code === undefined ? event : `${event}:${code}`) };
};
