import { mdsError, ok, tokenAnswer, type MdsAnswer } from './mds.answers.ts';
import type { MdsCall, MdsState } from './mds.control.ts';
import type { MdsSettings } from './mds.settings.ts';
import type { SignedToken, MdsTokenShape } from './mds.token.ts';

/** One call, its caller known (null: nobody). */
export interface MdsRequest {
  readonly caller: string | null;
  readonly path: string;
  readonly body: string;
  /** What a bare `activenodes` names. */
  readonly ownUrl: string;
}

export interface MdsCalls {
  readonly settings: MdsSettings;
  readonly state: MdsState;
  readonly sign: (sub: string, shape?: MdsTokenShape) => SignedToken;
}

interface Route {
  readonly call: MdsCall;
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: RegExp;
  readonly isOpen?: true;
  readonly answer: (request: MdsRequest & { readonly caller: string }, mds: MdsCalls) => MdsAnswer;
}

interface Action {
  readonly scope: { readonly clusters: Readonly<Record<string, string>> };
  readonly resourceType: string;
  readonly resourceName: string;
  readonly operation: string;
}

const authorize: Route['answer'] = ({ caller, body }, { settings, state }) => {
  const { userPrincipal, actions } = JSON.parse(body) as { userPrincipal?: unknown; actions?: unknown };
  if (typeof userPrincipal !== 'string' || !/^User:.+$/.test(userPrincipal) || !Array.isArray(actions)) return mdsError(400, 'userPrincipal must match ^User:.+$');
  if (userPrincipal !== `User:${caller}` && !settings.superUsers.includes(caller)) return mdsError(403, 'not allowed to ask about others');
  const isGranted = (action: Action): boolean =>
    state.grants.some((grant) => grant.userPrincipal === userPrincipal && grant.resourceType === action.resourceType && grant.resourceName === action.resourceName && grant.operation === action.operation);
  return ok((actions as Action[]).map((action) => (isGranted(action) ? 'ALLOWED' : 'DENIED')));
};

const impersonate: Route['answer'] = ({ caller, body }, { settings, sign }) => {
  const { targetPrincipalName: target, targetPrincipalType: type } = JSON.parse(body) as { targetPrincipalName?: unknown; targetPrincipalType?: unknown };
  if (typeof target !== 'string' || target === '' || type !== 'USER') return mdsError(400, 'targetPrincipalName and targetPrincipalType USER are required');
  if (!settings.superUsers.includes(caller) || settings.protectedUsers.includes(target)) return mdsError(403, 'impersonation is not allowed');
  const { token, lifeSeconds } = sign(target, { claims: { cp_proxy: `CN=${caller}` } });
  return tokenAnswer(token, lifeSeconds);
};

export const ROUTES: readonly Route[] = [
  {
    call: 'authenticate',
    method: 'GET',
    path: /^\/security\/1\.0\/authenticate$/,
    answer: ({ caller }, { sign }) => {
      const { token, lifeSeconds } = sign(caller);
      return tokenAnswer(token, lifeSeconds);
    },
  },
  {
    call: 'activenodes',
    method: 'GET',
    path: /^\/security\/1\.0\/activenodes\/(https?)$/,
    answer: ({ path, ownUrl }, { state }) => ok(path.endsWith('/https') ? (state.nodes.length > 0 ? state.nodes : [ownUrl]) : []),
  },
  { call: 'features', method: 'GET', path: /^\/security\/1\.0\/features$/, isOpen: true, answer: () => ok({ features: { 'basic.auth.1.enabled': true, 'oidc.login.device.1.enabled': false }, legend: {} }) },
  { call: 'metadataClusterId', method: 'GET', path: /^\/security\/1\.0\/metadataClusterId$/, answer: (_request, { settings }) => ok(settings.clusterId) },
  { call: 'authorize', method: 'PUT', path: /^\/security\/1\.0\/authorize$/, answer: authorize },
  { call: 'impersonate', method: 'POST', path: /^\/security\/1\.0\/impersonate$/, answer: impersonate },
  // Where the fault `redirect` points to: a count above nought says that somebody followed it.
  { call: 'elsewhere', method: 'GET', path: /^\/security\/1\.0\/elsewhere$/, isOpen: true, answer: () => ok({}) },
];
