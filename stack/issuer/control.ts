import type { Answer } from './answers.ts';
import { ok } from './answers.ts';
import type { Endpoint, FaultKind, Faults } from './faults.ts';
import type { KeyRing } from './key-ring.ts';
import type { Memberships } from './memberships.ts';
import { APIS, type ApiRegistration, type ClientName, type ClientRegistration } from './registrations.ts';
import type { TokenShape } from './token.shape.ts';

/** What a specification may tell the issuer; one JSON body a command. */
export type Command =
  | { readonly do: 'rotate' }
  /** Without a kid: every key but the one that signs. */
  | { readonly do: 'drop'; readonly kid?: string }
  | { readonly do: 'fault'; readonly endpoint: Endpoint | 'all'; readonly kind: FaultKind }
  /** Every token from now on, until the next `shape`. */
  | { readonly do: 'shape'; readonly shape: TokenShape }
  /** One token, without asking for a secret. */
  | { readonly do: 'sign'; readonly client: ClientName; readonly api: 'api://postern' | 'api://postern-v1' | 'https://hib.azurehdinsight.net'; readonly shape: TokenShape }
  /** What Graph says from now on; tokens go on telling what was registered. */
  | { readonly do: 'memberships'; readonly objectId: string; readonly groups: readonly string[] }
  | { readonly do: 'counts' };

export interface Controlled {
  readonly ring: KeyRing;
  readonly faults: Faults;
  readonly memberships: Memberships;
  readonly clients: readonly ClientRegistration[];
  setShape(shape: TokenShape): void;
  sign(client: ClientRegistration, api: ApiRegistration, shape: TokenShape): Promise<string>;
}

const kids = (ring: KeyRing): Answer => ok({ kids: ring.kids() });

const signOne = async (command: Extract<Command, { readonly do: 'sign' }>, issuer: Controlled): Promise<Answer> => {
  const client = issuer.clients.find(({ name }) => name === command.client);
  const api = APIS.find(({ appIdUri }) => appIdUri === command.api);
  if (client === undefined || api === undefined) return { status: 404, body: {} };
  return ok({ token: await issuer.sign(client, api, command.shape) });
};

export const control = (command: Command, issuer: Controlled): Answer | Promise<Answer> => {
  switch (command.do) {
    case 'rotate':
      return issuer.ring.rotate().then(() => kids(issuer.ring));
    case 'drop':
      for (const kid of command.kid === undefined ? issuer.ring.kids().slice(1) : [command.kid]) issuer.ring.drop(kid);
      return kids(issuer.ring);
    case 'fault':
      issuer.faults.set(command.endpoint, command.kind);
      return ok({});
    case 'shape':
      issuer.setShape(command.shape);
      return ok({});
    case 'sign':
      return signOne(command, issuer);
    case 'memberships':
      issuer.memberships.set(command.objectId, command.groups);
      return ok({});
    case 'counts':
      return ok(issuer.faults.counts());
  }
};
