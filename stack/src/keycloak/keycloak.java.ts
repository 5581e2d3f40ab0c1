import { join } from 'node:path';

/** What is compiled in: an H2 file as database, health pages, no clustering. */
export const BUILD_ARGUMENTS = ['build', '--db=dev-file', '--health-enabled=true'] as const;

// As the distribution's own script starts it; the script itself stays in between as parent, so that no signal meets the server.
const OPENED = ['java.util', 'java.util.concurrent', 'java.security', 'java.lang'].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);
const SCRIPT = [
  '-Dfile.encoding=UTF-8',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
  '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
  '-Dpicocli.disable.closures=true',
  '-Dquarkus-log-max-startup-records=10000',
  ...OPENED,
];
const LIGHT = ['-Xms64m', '-Xmx512m', '-XX:MaxMetaspaceSize=256m', '-XX:+UseSerialGC'];

/** @returns arguments for `java` that run Keycloak itself, without its script */
export const keycloakJava = (home: string, properties: readonly string[], args: readonly string[]): string[] => [
  ...LIGHT,
  ...SCRIPT,
  `-Dkc.home.dir=${home}`,
  `-Djboss.server.config.dir=${join(home, 'conf')}`,
  ...properties,
  '-cp',
  join(home, 'lib', 'quarkus-run.jar'),
  'io.quarkus.bootstrap.runner.QuarkusEntryPoint',
  ...args,
];
