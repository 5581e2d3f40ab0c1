// libs/kafka beside Kafka's own Java clients, in one run: one busy principal, many principals, cold starts, consuming.
//   npm run build && node --expose-gc bench/kafka.mjs [--records 600000] [--rounds 2] [--principals 100,1000] [--only produce|consume|principals|cold] [--connects-per-second 200] [--connects-at-once 4]
// Loopback only; ends by itself.
import { fork } from 'node:child_process'
import { randomBytes, randomUUID, createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importPKCS8, SignJWT } from 'jose'
import { ConnectionBudget, createKafkaSessions, DEFAULT_CONNECTION_LIMITS } from '../dist/libs/kafka/src/index.js'
import { createSigningKeys, makeCertificates, startKafka } from '../stack/src/index.ts'
import { javaConsume, javaProduce } from './java-perf.mjs'
import { median, parseArgs, pct, proc, round, sleep, table } from './lib.mjs'

const o = parseArgs()
const records = Number(o.records || 600_000), rounds = Number(o.rounds || 2)
const only = o.only
const runDir = mkdtempSync(join(tmpdir(), 'postern-bench-kafka-'))
const certificates = await makeCertificates(join(runDir, 'tls'))
const keys = { ...(await createSigningKeys(join(runDir, 'keys'))), issuer: 'https://postern.example.test', audience: 'kafka-main' }
const kafka = await startKafka({
  certificates, usualPorts: false, lifetime: 'parent', runDir: join(runDir, 'kafka'), bench: true,
  jvmOptions: ['-Xmx1g', '-XX:TieredStopAtLevel=4'],
  trusts: [{ listener: 'minted', jwksFile: keys.jwksFile, issuer: keys.issuer, audience: keys.audience, principalClaim: 'sub' }],
})
const key = await importPKCS8(readFileSync(keys.privateKeyFile, 'utf8'), 'RS256')
const mint = name => new SignJWT({ iss: keys.issuer, aud: keys.audience, sub: name, jti: randomUUID() }).setIssuedAt().setNotBefore('-1m').setExpirationTime('1h').setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keys.kid }).sign(key)
const caller = (name, listener) => {
  const sessionKey = createHash('sha256').update(`${listener}/${name}`).digest('base64url')
  const now = Date.now(), expiresAt = now + 600_000
  let held
  return { credentials: { sessionKey, kafkaName: name, clusterId: listener, listener, origin: 'minted', proofUntil: expiresAt, fetch: async () => (held ??= { token: { reveal: (t => () => t)(await mint(name)) }, sessionKey, kafkaName: name, clusterId: listener, issuedAt: now, expiresAt }) }, topics: { admits: () => true } }
}
const cluster = (id, tls, sasl) => ({ id, transport: 'platformatic', brokerDeadlineMs: 30_000, listeners: { [id]: { bootstrapServers: [kafka.bootstrap[id]], tls, sasl, advertisedHosts: ['127.0.0.1'] } } })
const sessions = createKafkaSessions({
  clusters: [cluster('bench', null, 'none'), cluster('minted', { ca: readFileSync(certificates.caFile, 'utf8') }, 'oauthbearer')],
  limits: { maxSessions: 5_000, idleMs: 600_000, bufferBytesPerSession: 64_000_000, bufferBytes: 512_000_000 },
  budget: new ConnectionBudget({ ...DEFAULT_CONNECTION_LIMITS, ...(o['connects-per-second'] === undefined ? {} : { connectsPerSecond: Number(o['connects-per-second']) }), ...(o['connects-at-once'] === undefined ? {} : { connectsAtOnce: Number(o['connects-at-once']) }) }),
  clock: { now: () => Date.now() },
})
const WAYS = ['bench', 'minted'] // plaintext; SASL_SSL with a token
const label = { bench: 'plaintext', minted: 'TLS + token' }
const tokenFile = join(runDir, 'java.token'), tokenUrl = `file://${tokenFile}`
writeFileSync(tokenFile, await mint('java'), { mode: 0o600 })
const properties = {
  bench: join(runDir, 'plaintext.properties'),
  minted: join(runDir, 'tls.properties'),
}
writeFileSync(properties.bench, `bootstrap.servers=${kafka.bootstrap.bench}\n`)
writeFileSync(properties.minted, [`bootstrap.servers=${kafka.bootstrap.minted}`, 'security.protocol=SASL_SSL', 'ssl.truststore.type=PEM', `ssl.truststore.location=${certificates.caFile}`, 'sasl.mechanism=OAUTHBEARER', 'sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler', `sasl.oauthbearer.token.endpoint.url=${tokenUrl}`, 'sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;', ''].join('\n'))

/** Calls of `perCall` records by `callers` at a time until `count` records are acknowledged. */
const produce = async (who, topic, size, count, callers, perCall) => {
  const value = randomBytes(size)
  const c0 = process.cpuUsage(), t0 = performance.now()
  let left = count, lost = 0
  await Promise.all(Array.from({ length: callers }, async () => {
    while (left > 0) {
      const n = Math.min(perCall, left); left -= n
      const results = await sessions.withSessionFor(who, who.credentials.clusterId, s => s.produce(Array.from({ length: n }, () => ({ topic, partition: null, key: null, value }))))
      for (const r of results) if (r.kind !== 'stored') lost++
    }
  }))
  const secs = (performance.now() - t0) / 1000, c = process.cpuUsage(c0)
  return { rps: count / secs, mb: count * size / secs / 1e6, cpuUs: (c.user + c.system) / count, lost }
}
const consume = async (who, topic, count) => {
  const c0 = process.cpuUsage(), t0 = performance.now()
  let got = 0
  await Promise.all([0, 1, 2].map(async partition => {
    let offset = 0n
    for (;;) {
      const r = await sessions.withSessionFor(who, who.credentials.clusterId, s => s.fetch({ topic, partition, offset, maxRecords: 100_000, maxBytes: 4_000_000, maxWaitMs: 100 }))
      got += r.records.length; offset = r.nextOffset
      if (r.records.length === 0 || got >= count) return
    }
  }))
  const secs = (performance.now() - t0) / 1000, c = process.cpuUsage(c0)
  return { rps: got / secs, cpuUs: (c.user + c.system) / got, got }
}
const rows = []
const compare = (name, ours, java) => {
  const m = (a, k) => median(a.map(x => x[k]))
  rows.push({ case: name, 'java rec/s': round(m(java, 'rps'), 0), 'postern rec/s': round(m(ours, 'rps'), 0), ratio: round(m(ours, 'rps') / m(java, 'rps')), 'java us/rec': round(m(java, 'cpuUs'), 2), 'postern us/rec': round(m(ours, 'cpuUs'), 2), lost: ours.reduce((s, x) => s + (x.lost ?? 0), 0) })
}
try {
  await kafka.addAcls({ principal: '*', resource: 'topic', name: 'perf', pattern: 'prefixed', operations: ['write', 'read', 'describe'] }, { principal: '*', resource: 'group', name: 'perf', pattern: 'prefixed', operations: ['read', 'describe'] })
  if (!only || only === 'produce') for (const size of [256, 1024]) for (const way of WAYS) {
    const topic = `perf.${way}.${size}`
    await kafka.createTopics({ name: topic, partitions: 3 })
    const count = size === 256 ? records : Math.floor(records / 2)
    const who = caller('busy', way)
    await produce(who, topic, size, 50_000, 16, 100)
    const ours = [], single = [], singles = [], java = []
    for (let r = 0; r < rounds; r++) {
      console.log(`produce ${size} B ${label[way]}, round ${r + 1}`)
      java.push(await javaProduce({ libDir: kafka.libDir, properties: properties[way], topic, records: count, size, tokenUrl: way === 'minted' ? tokenUrl : null }))
      ours.push(await produce(who, topic, size, count, 32, 100))
      single.push(await produce(who, topic, size, Math.floor(count / 3), 200, 1))
      singles.push(await produce(who, topic, size, Math.floor(count / 3), 1_000, 1))
    }
    compare(`produce ${size} B, 32 calls of 100, ${label[way]}`, ours, java)
    compare(`produce ${size} B, 200 calls of 1, ${label[way]}`, single, java)
    compare(`produce ${size} B, 1,000 calls of 1, ${label[way]}`, singles, java)
  }
  if (!only || only === 'consume') for (const way of WAYS) {
    const topic = `perf.consume.${way}`
    await kafka.createTopics({ name: topic, partitions: 3 })
    await produce(caller('busy', way), topic, 256, records, 32, 100)
    await sleep(500)
    const ours = [], java = []
    for (let r = 0; r < rounds; r++) {
      console.log(`consume 256 B ${label[way]}, round ${r + 1}`)
      java.push(await javaConsume({ libDir: kafka.libDir, properties: properties[way], bootstrap: kafka.bootstrap[way], topic, records, tokenUrl: way === 'minted' ? tokenUrl : null }))
      ours.push(await consume(caller('busy', way), topic, records))
    }
    compare(`consume 256 B, ${label[way]}`, ours, java)
  }
  if (rows.length) table(rows, Object.keys(rows[0]))
  if (!only || only === 'principals') {
    await kafka.createTopics({ name: 'perf.many', partitions: 3 })
    const many = []
    for (const n of (o.principals || '100,1000').split(',').map(Number)) {
      globalThis.gc?.(); await sleep(500)
      const before = proc(process.pid), fds0 = readdirSync('/proc/self/fd').length
      const who = Array.from({ length: n }, (_, i) => caller(`many-${n}-${i}`, 'minted'))
      const value = randomBytes(256)
      const one = w => sessions.withSessionFor(w, 'minted', s => s.produce([{ topic: 'perf.many', partition: null, key: null, value }]))
      let next = 0
      const t0 = performance.now()
      await Promise.all(Array.from({ length: 20 }, async () => { while (next < n) await one(who[next++]) }))
      const connectMs = (performance.now() - t0) / n
      globalThis.gc?.(); await sleep(1_000)
      const connected = proc(process.pid)
      let done = 0
      const until = performance.now() + 5_000, c0 = process.cpuUsage()
      await Promise.all(who.map(async w => { while (performance.now() < until) { await one(w); done++ } }))
      const c = process.cpuUsage(c0)
      globalThis.gc?.(); await sleep(1_000)
      const i0 = process.cpuUsage(); await sleep(10_000); const i1 = process.cpuUsage(i0)
      const after = proc(process.pid)
      many.push({ principals: n, 'ms to connect each': round(connectMs), 'rec/s': round(done / 5, 0), 'cpu us/rec': round((c.user + c.system) / done, 1), 'RSS + MB connected': round(connected.rss - before.rss, 0), 'after load': round(after.rss - before.rss, 0), 'fds each': round((readdirSync('/proc/self/fd').length - fds0) / n), 'idle % of a core': round((i1.user + i1.system) / 1e5) })
    }
    table(many, Object.keys(many[0]))
  }
  if (!only || only === 'cold') {
    await kafka.createTopics({ name: 'perf.cold', partitions: 3 })
    const value = randomBytes(256)
    const timed = async w => { const t = performance.now(); await sessions.withSessionFor(w, 'minted', s => s.produce([{ topic: 'perf.cold', partition: null, key: null, value }])); return performance.now() - t }
    for (let i = 0; i < 20; i++) await timed(caller(`warm-${i}`, 'minted'))
    const alone = []; for (let i = 0; i < 200; i++) alone.push(await timed(caller(`cold-${i}`, 'minted')))
    const crowd = await Promise.all(Array.from({ length: 100 }, (_, i) => timed(caller(`crowd-${i}`, 'minted'))))
    const steady = caller('steady', 'minted'); await timed(steady)
    const elsewhere = fork(new URL('steady.mjs', import.meta.url), [JSON.stringify({ bootstrap: kafka.bootstrap.minted, caFile: certificates.caFile, topic: 'perf.cold', token: await mint('elsewhere'), value: 256 })])
    const theirs = async () => { elsewhere.send('since the last one'); return (await once(elsewhere, 'message'))[0].map(([, ms]) => ms) }
    await sleep(1_000)
    // Turn about, so that what else the machine does is in both.
    const calm = [], busy = [], calmElsewhere = [], busyElsewhere = []
    for (let r = 0; r < rounds * 6; r++) {
      await theirs()
      const until = performance.now() + 1_000
      while (performance.now() < until) { calm.push(await timed(steady)); await sleep(5) }
      calmElsewhere.push(...await theirs())
      let connecting = true
      const others = Promise.all(Array.from({ length: 100 }, (_, i) => timed(caller(`storm-${r}-${i}`, 'minted')))).finally(() => { connecting = false })
      while (connecting) { busy.push(await timed(steady)); await sleep(5) }
      await others
      busyElsewhere.push(...await theirs())
    }
    elsewhere.disconnect()
    table([
      { case: 'first request of a principal, alone', p50: round(pct(alone, 50)), p99: round(pct(alone, 99)) },
      { case: 'first request, 100 at once', p50: round(pct(crowd, 50)), p99: round(pct(crowd, 99)) },
      { case: 'another principal, calm', p50: round(pct(calm, 50)), p99: round(pct(calm, 99)) },
      { case: 'another principal, while 100 others connect', p50: round(pct(busy, 50)), p99: round(pct(busy, 99)) },
      { case: 'a principal of another process, calm', p50: round(pct(calmElsewhere, 50)), p99: round(pct(calmElsewhere, 99)) },
      { case: 'a principal of another process, while 100 connect here', p50: round(pct(busyElsewhere, 50)), p99: round(pct(busyElsewhere, 99)) },
    ], ['case', 'p50', 'p99'])
  }
} finally {
  await sessions.close()
  await kafka.stop()
  rmSync(runDir, { recursive: true, force: true })
}
