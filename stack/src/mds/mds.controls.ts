import type { Grant, MdsCall, MdsCommand } from '../../mds/mds.control.ts';
import type { MdsFault } from '../../mds/mds.faults.ts';
import type { MdsTokenShape } from '../../mds/mds.token.ts';
import { callHttps, type Call, type Reply } from '../issuer/issuer.calls.ts';

/** What another process needs to know of a running double: plain data. */
export interface MdsDescription {
  readonly url: string;
  readonly port: number;
  readonly caFile: string;
  /** The exact `iss` of its tokens. */
  readonly issuer: string;
  readonly publicKeyFile: string;
  /** Its one key for a stock broker. */
  readonly jwksFile: string;
  readonly clusterId: string;
  readonly control: { readonly url: string; readonly token: string };
}

/** What a specification does to the double; needs the description only. */
export interface MdsControls {
  /** One call of the API. */
  call(path: string, call?: Call): Promise<Reply>;
  /** A login. @throws Error when it is refused */
  fetchToken(name: string, password: string): Promise<string>;
  /** A token of any shape, also one that has ended or lies. */
  sign(sub: string, shape?: MdsTokenShape): Promise<string>;
  fault(kind: MdsFault): Promise<void>;
  /** Shape of every token from now on; without one, as normal. */
  shapeTokens(shape?: MdsTokenShape): Promise<void>;
  rotateKey(): Promise<void>;
  /** What `activenodes` names; nothing: the double itself. */
  nameNodes(urls: readonly string[]): Promise<void>;
  grant(grants: readonly Grant[]): Promise<void>;
  callCounts(): Promise<Readonly<Record<MdsCall, number>>>;
}

export const basicOf = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

export const mdsControls = (mds: MdsDescription): MdsControls => {
  const tell = async <T>(command: MdsCommand): Promise<T> => {
    const response = await fetch(mds.control.url, { method: 'POST', headers: { authorization: `Bearer ${mds.control.token}` }, body: JSON.stringify(command) });
    if (!response.ok) throw new Error(`the double's control refused: ${response.status}`);
    return (await response.json()) as T;
  };
  const call: MdsControls['call'] = (path, options) => callHttps(`${mds.url}${path}`, mds.caFile, options);
  return {
    call,
    fetchToken: async (name, password) => {
      const reply = await call('/security/1.0/authenticate', { headers: { authorization: basicOf(name, password) } });
      if (reply.status !== 200) throw new Error(`MDS refused ${name}: ${reply.status}`);
      return (JSON.parse(reply.body) as { auth_token: string }).auth_token;
    },
    sign: async (sub, shape = {}) => (await tell<{ token: string }>({ do: 'sign', sub, shape })).token,
    fault: async (kind) => void (await tell({ do: 'fault', kind })),
    shapeTokens: async (shape = {}) => void (await tell({ do: 'shape', shape })),
    rotateKey: async () => void (await tell({ do: 'rotate' })),
    nameNodes: async (urls) => void (await tell({ do: 'nodes', urls })),
    grant: async (grants) => void (await tell({ do: 'grants', grants })),
    callCounts: () => tell({ do: 'counts' }),
  };
};
