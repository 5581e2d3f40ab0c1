import type { MdsFault } from './mds.faults.ts';
import type { MdsTokenShape } from './mds.token.ts';

/** Parts of MDS whose calls are counted. */
export const MDS_CALLS = ['authenticate', 'activenodes', 'features', 'metadataClusterId', 'authorize', 'impersonate', 'elsewhere'] as const;
export type MdsCall = (typeof MDS_CALLS)[number];

/** What `authorize` allows; everything else is DENIED. */
export interface Grant {
  readonly userPrincipal: string;
  readonly resourceType: string;
  readonly resourceName: string;
  readonly operation: string;
}

/** What a specification may tell the double; one JSON body a command. */
export type MdsCommand =
  | { readonly do: 'rotate' }
  | { readonly do: 'fault'; readonly kind: MdsFault }
  /** Every token from now on, until the next `shape`. */
  | { readonly do: 'shape'; readonly shape: MdsTokenShape }
  /** One token without asking for a password. */
  | { readonly do: 'sign'; readonly sub: string; readonly shape: MdsTokenShape }
  /** What `activenodes` names, whatever it is. */
  | { readonly do: 'nodes'; readonly urls: readonly string[] }
  | { readonly do: 'grants'; readonly grants: readonly Grant[] }
  | { readonly do: 'counts' };

/** What commands change. */
export interface MdsState {
  fault: MdsFault;
  shape: MdsTokenShape;
  nodes: readonly string[];
  grants: readonly Grant[];
  readonly counts: Map<MdsCall, number>;
}

export interface MdsControlled {
  readonly state: MdsState;
  rotate(): Promise<void>;
  sign(sub: string, shape: MdsTokenShape): string;
}

/** @returns the body of the answer */
export const controlMds = async (command: MdsCommand, { state, rotate, sign }: MdsControlled): Promise<object> => {
  switch (command.do) {
    case 'rotate':
      await rotate();
      return {};
    case 'fault':
      state.fault = command.kind;
      return {};
    case 'shape':
      state.shape = command.shape;
      return {};
    case 'sign':
      return { token: sign(command.sub, command.shape) };
    case 'nodes':
      state.nodes = command.urls;
      return {};
    case 'grants':
      state.grants = command.grants;
      return {};
    case 'counts':
      return Object.fromEntries(MDS_CALLS.map((call) => [call, state.counts.get(call) ?? 0]));
  }
};
