// A principal of another process that writes one record every 5 ms: what of a crowd's arrival is felt beyond the process that serves it.
// Started by bench/kafka.mjs with { bootstrap, caFile, topic, token }; answers each message with the [epoch ms, took ms] pairs since the last one.
import { readFileSync } from 'node:fs'
import { createKafkaSessions } from '../dist/libs/kafka/src/index.js'
import { sleep } from './lib.mjs'

const { bootstrap, caFile, topic, token, value } = JSON.parse(process.argv[2])
const now = Date.now(), expiresAt = now + 600_000, sessionKey = 'x'.repeat(43)
const who = { credentials: { sessionKey, kafkaName: 'elsewhere', clusterId: 'minted', listener: 'minted', origin: 'minted', proofUntil: expiresAt, fetch: async () => ({ token: { reveal: () => token }, sessionKey, kafkaName: 'elsewhere', clusterId: 'minted', issuedAt: now, expiresAt }) }, topics: { admits: () => true } }
const sessions = createKafkaSessions({
  clusters: [{ id: 'minted', transport: 'platformatic', brokerDeadlineMs: 30_000, listeners: { minted: { bootstrapServers: [bootstrap], tls: { ca: readFileSync(caFile, 'utf8') }, sasl: 'oauthbearer', advertisedHosts: ['127.0.0.1'] } } }],
  limits: { maxSessions: 10, idleMs: 600_000, bufferBytesPerSession: 1_000_000, bufferBytes: 1_000_000 },
  clock: { now: () => Date.now() },
})
const records = [{ topic, partition: null, key: null, value: Buffer.alloc(value) }]
let taken = []
process.on('message', () => { process.send(taken); taken = [] })
process.on('disconnect', () => process.exit())
for (;;) {
  const at = Date.now(), t = performance.now()
  await sessions.withSessionFor(who, 'minted', s => s.produce(records))
  taken.push([at, performance.now() - t])
  await sleep(5)
}
