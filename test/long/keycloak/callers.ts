import { readTopic } from '../../setup/read-topic.ts';
import { bearer, V2_JSON } from '../../api/https.client.ts';
import { same, secondsUntil, type Checks } from './checks.ts';
import { ALICE, claimOf, CLIENTS, personTokens, serviceToken } from './realms.ts';
import type { Servers } from './servers.ts';

export const TOPIC = 'orders';

/** The status of a read; for a write also what became of its record. */
export const ask = ({ proxy }: Servers) => ({
  read: async (token: string): Promise<number> => (await proxy.call('/topics', { authorization: bearer(token) })).status,
  write: async (token: string, value: string): Promise<string> => {
    const { status, body } = await proxy.call(`/topics/${TOPIC}`, { authorization: bearer(token), contentType: V2_JSON, body: JSON.stringify({ records: [{ value }] }) });
    const entry = (JSON.parse(body) as { offsets?: readonly { error_code?: number | null }[] }).offsets?.[0];
    return entry === undefined || typeof entry.error_code !== 'number' ? String(status) : `${status} ${entry.error_code}`;
  },
});

const partOf = (token: string, over: (header: Record<string, unknown>) => Record<string, unknown>): string => {
  const [header = '', ...rest] = token.split('.');
  return [Buffer.from(JSON.stringify(over(JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>))).toString('base64url'), ...rest].join('.');
};
/** The token under the name of a key that nobody has: its signature does not matter any more. */
export const underUnknownKey = (token: string): string => partOf(token, (header) => ({ ...header, kid: 'a-key-of-nobody' }));

/** Who the callers of a real Keycloak are at Kafka, and who is none. */
export const checkCallers = async (servers: Servers, { check }: Pick<Checks, 'check'>): Promise<void> => {
  const { realms, kafka, proxy } = servers;
  const { read, write } = ask(servers);
  const [orders, pss, own] = await Promise.all([realms.apps, realms.pss, realms.own].map((realm) => serviceToken(realm, CLIENTS.orders)));
  const person = await personTokens(realms.apps);
  const principals = { 'a service account, by readable name': 'apps/service-account-orders-app', 'a person': `apps/${ALICE.name}`, 'a service account, by sub (PS256, fixed address of keys)': `pss/${String(claimOf(pss ?? '', 'sub'))}`, 'a service account whose own token the broker verifies (ES256)': String(claimOf(own ?? '', 'sub')) } as const;
  const tokens = [orders, person.access, pss, own];
  await kafka.createTopics({ name: TOPIC });

  for (const [index, [caller, principal]] of Object.entries(principals).entries()) {
    await check(`${caller} reaches Kafka as ${principal}, and as nobody else`, async () => {
      const token = tokens[index] ?? '';
      same(await write(token, 'too early'), '403 40301');
      await kafka.addAcls({ principal, resource: 'topic', name: TOPIC, operations: ['write', 'describe'] });
      // A refusal is remembered for a moment with what is known of the topic.
      await secondsUntil('200', 15, () => write(token, principal));
      same(await read(token), 200);
      same(proxy.audits().some((record) => JSON.stringify(record).includes(principal)), true);
    });
  }
  await check('what they wrote is in the topic, once each, and nothing that was refused', async () => {
    same((await readTopic(kafka, TOPIC)).map(({ value }) => value?.toString()), Object.values(principals).map((name) => JSON.stringify(name)));
  });
  await check('a caller with the role and without a rule in Kafka is refused by the broker', async () => same(await write(await serviceToken(realms.apps, CLIENTS.stranger), 'no'), '403 40301'));
  await check('a caller without the role of writers reads and does not write', async () => {
    const token = await serviceToken(realms.apps, CLIENTS.reader);
    same([await read(token), await write(token, 'no')], [200, '403']);
  });
  await check('a caller without any role is not admitted', async () => same(await read(await serviceToken(realms.apps, CLIENTS.roleless)), 403));

  const rejected: readonly (readonly [string, () => Promise<string>])[] = [
    ['without our audience', () => serviceToken(realms.apps, CLIENTS.elsewhere)],
    ['for us and for `account`, as a client with full scope gets it', () => serviceToken(realms.apps, CLIENTS.fullScope)],
    ['signed by PS256 where RS256 alone is set', () => serviceToken(realms.apps, CLIENTS.ps256)],
    ['that is an ID token with our audience in it', async () => person.id],
    ['that is a refresh token', async () => person.refresh],
    ['under the name of a key that is none', async () => underUnknownKey(orders ?? '')],
    ['with another realm as issuer', async () => `${(orders ?? '').split('.')[0]}.${(pss ?? '').split('.').slice(1).join('.')}`],
  ];
  for (const [sentence, token] of rejected) await check(`a token ${sentence} is 401`, async () => same(await read(await token()), 401));

  await check('a disabled client gets no token; one that it has is good until it ends', async () => {
    await realms.apps.enableClient(CLIENTS.reader.id, true);
    const before = await serviceToken(realms.apps, CLIENTS.reader);
    await realms.apps.enableClient(CLIENTS.reader.id, false);
    same((await realms.apps.requestToken(CLIENTS.reader, { grant_type: 'client_credentials' })).status, 401);
    same(await read(before), 200);
    await realms.apps.enableClient(CLIENTS.reader.id, true);
  });
};
