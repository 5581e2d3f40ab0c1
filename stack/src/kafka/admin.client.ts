import { Admin } from '@platformatic/kafka';

export interface AdminLogin {
  /** host:port of the internal listener, of each node joined by commas. */
  readonly bootstrap: string;
  readonly username: string;
  readonly password: string;
}

/** One short use of Kafka as its super user, over the internal listener: for set-up and readiness, never for requests. */
export const withAdmin = async <T>(login: AdminLogin, use: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = new Admin({
    clientId: 'postern-stack',
    bootstrapBrokers: login.bootstrap.split(','),
    sasl: { mechanism: 'PLAIN', username: login.username, password: login.password },
    connectTimeout: 1_000,
    timeout: 10_000,
    retries: 0,
  });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
};

/** The cluster id that the broker behind this address tells; null while no broker is registered. */
export const clusterIdAt = (login: AdminLogin): Promise<string | null> =>
  withAdmin(login, async (admin) => {
    const metadata = await admin.metadata({ topics: [], forceUpdate: true });
    return metadata.brokers.size === 0 ? null : metadata.id;
  });
