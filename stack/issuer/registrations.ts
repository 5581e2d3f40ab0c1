/** The tenant's registrations, shaped as Entra keeps them. */

/** An API's registration decides which version of tokens it gets, whatever endpoint was called. */
export interface ApiRegistration {
  readonly appId: string;
  readonly appIdUri: string;
  readonly tokenVersion: '1.0' | '2.0';
  /** False for Microsoft's own: a tenant cannot switch on that their tokens tell groups, nor give them its own roles. */
  readonly isTenants: boolean;
}

/** An application that asks for tokens, with its service principal in the tenant. */
export interface ClientRegistration {
  readonly name: string;
  readonly appId: string;
  readonly secret: string;
  /** Of the service principal: `oid` and, for application tokens, `sub`. */
  readonly objectId: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
}

export const TENANT = '11111111-2222-4333-8444-555555555555';
export const ADMITTED_GROUP = '5d1a5a51-0000-4000-8000-0000000000a1';
export const GRAPH: ApiRegistration = { appId: '00000003-0000-0000-c000-000000000000', appIdUri: 'https://graph.microsoft.com', tokenVersion: '1.0', isTenants: false };
/** Azure HDInsight's Identity Broker: what callers of its Kafka proxy ask tokens for. */
export const HDINSIGHT: ApiRegistration = { appId: '7865c1d2-f040-46cc-875f-831a1ef6a28a', appIdUri: 'https://hib.azurehdinsight.net', tokenVersion: '1.0', isTenants: false };
/** The application role that Graph asks of whoever reads service principals. */
export const GRAPH_READ_ROLE = 'Application.Read.All';

export const APIS: readonly ApiRegistration[] = [
  { appId: 'aaaaaaaa-0000-4000-8000-00000000000a', appIdUri: 'api://postern', tokenVersion: '2.0', isTenants: true },
  { appId: 'aaaaaaaa-0000-4000-8000-00000000000b', appIdUri: 'api://postern-v1', tokenVersion: '1.0', isTenants: true },
  GRAPH,
  HDINSIGHT,
];

export const CLIENTS = ['platform-admin', 'orders-service', 'outsider', 'postern-proxy'] as const;
export type ClientName = (typeof CLIENTS)[number];

/** Registrations of all clients, given a secret for each. */
export const clientRegistrations = (secrets: Readonly<Record<ClientName, string>>): readonly ClientRegistration[] => [
  { name: 'platform-admin', ...ids('1'), secret: secrets['platform-admin'], groups: [ADMITTED_GROUP], roles: ['Platform.Admin'] },
  { name: 'orders-service', ...ids('2'), secret: secrets['orders-service'], groups: [ADMITTED_GROUP], roles: ['Orders.Produce'] },
  // Entra gives any application of the tenant a token for any API of the tenant: this one has no right to anything.
  { name: 'outsider', ...ids('3'), secret: secrets.outsider, groups: [], roles: [] },
  // Postern's own registration, with which it asks Graph for group membership.
  { name: 'postern-proxy', ...ids('4'), secret: secrets['postern-proxy'], groups: [], roles: [GRAPH_READ_ROLE] },
];

/** A person of the tenant: known to Graph; a token for her is made by the control port. */
export const PERSON = { objectId: 'dddddddd-0000-4000-8000-000000000001', groups: [ADMITTED_GROUP] } as const;

const ids = (digit: string) => ({ appId: `bbbbbbbb-0000-4000-8000-00000000000${digit}`, objectId: `cccccccc-0000-4000-8000-00000000000${digit}` });
