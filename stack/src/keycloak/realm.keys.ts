import type { KeycloakAdmin } from './keycloak.admin.ts';

export type KeyAlgorithm = 'RS256' | 'PS256' | 'ES256';

export interface RealmKeys {
  /** A new key above all others: it signs from now on, and the older ones stay published. */
  addKey(algorithm: KeyAlgorithm): Promise<void>;
  /** A new key that is published and does not sign yet. @returns what makes it sign */
  publishKey(algorithm: KeyAlgorithm): Promise<() => Promise<void>>;
  /** Takes every signing key but the newest of this algorithm out of the published set, as an operator does after a leak. */
  withdrawOlderKeys(algorithm: KeyAlgorithm): Promise<void>;
}

interface Component {
  readonly id: string;
  readonly name: string;
  readonly providerId: string;
  readonly config: Readonly<Record<string, readonly string[]>>;
}

const PROVIDER_TYPE = 'org.keycloak.keys.KeyProvider';
const PROVIDERS: Readonly<Record<KeyAlgorithm, string>> = { RS256: 'rsa-generated', PS256: 'rsa-generated', ES256: 'ecdsa-generated' };

const settingsFor = (algorithm: KeyAlgorithm): Readonly<Record<string, readonly string[]>> =>
  algorithm === 'ES256' ? { ecdsaEllipticCurveKey: ['P-256'] } : { algorithm: [algorithm], keySize: ['2048'] };

const priorityOf = ({ config }: Component): number => Number(config['priority']?.[0] ?? 0);
/** A generated RSA key of a new realm names no algorithm and signs by RS256. */
const isFor = (algorithm: KeyAlgorithm, { providerId, config }: Component): boolean =>
  providerId === PROVIDERS[algorithm] && (algorithm === 'ES256' || (config['algorithm']?.[0] ?? 'RS256') === algorithm);

/** Key rotation as Keycloak's guide has it: a further key provider with a higher priority, then the older one disabled. */
export const realmKeys = (admin: KeycloakAdmin, realm: string): RealmKeys => {
  const providers = (): Promise<readonly Component[]> => admin.call('GET', `/${realm}/components?type=${PROVIDER_TYPE}`);
  const add = async (algorithm: KeyAlgorithm, active: boolean): Promise<string> => {
    const priority = Math.max(100, ...(await providers()).map(priorityOf)) + 1;
    const name = `${algorithm} ${priority}`;
    const config = { ...settingsFor(algorithm), priority: [String(priority)], enabled: ['true'], active: [String(active)] };
    await admin.call('POST', `/${realm}/components`, { name, providerId: PROVIDERS[algorithm], providerType: PROVIDER_TYPE, config });
    return name;
  };
  return {
    addKey: async (algorithm) => void (await add(algorithm, true)),
    publishKey: async (algorithm) => {
      const name = await add(algorithm, false);
      return async () => {
        const one = (await providers()).find((each) => each.name === name);
        await admin.call('PUT', `/${realm}/components/${one?.id}`, { ...one, config: { ...one?.config, active: ['true'] } });
      };
    },
    withdrawOlderKeys: async (algorithm) => {
      const [, ...older] = (await providers()).filter((one) => isFor(algorithm, one)).toSorted((left, right) => priorityOf(right) - priorityOf(left));
      for (const one of older) await admin.call('PUT', `/${realm}/components/${one.id}`, { ...one, config: { ...one.config, enabled: ['false'], active: ['false'] } });
    },
  };
};
