// npm run quickstart [-- --detach]: from a fresh clone to a running proxy with Kafka, a directory and an issuer.
import { build, handOver, install, requireServers } from './self-setup.mjs';

requireServers();
await install();
await build();
await handOver('stack/quickstart/main.ts', process.argv.slice(2));
