// Reference servers, not peers: what bare Node costs on this machine.
// node floor.mjs http PORT                    : parse the JSON body, answer one offset, no Kafka
// node floor.mjs kafkajs|platformatic PORT    : the same plus one shared producer, requests that arrive while a send is in flight share the next one
// Modules are looked up from MODULES_DIR (a folder with node_modules).
import http from 'node:http'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
const [mode, port] = [process.argv[2] || 'http', Number(process.argv[3] || 18090)]
const load = n => import(pathToFileURL(createRequire((process.env.MODULES_DIR || process.cwd()) + '/x.js').resolve(n)).href)
// The same acknowledgements as the proxy beside it: -1 is all.
const brokers = [process.env.BOOTSTRAP || '127.0.0.1:9092'], acks = Number(process.env.ACKS ?? -1); let send
if (mode === 'kafkajs') {
  const { Kafka, Partitioners, logLevel } = (await load('kafkajs')).default
  const k = new Kafka({ brokers, logLevel: logLevel.ERROR }), p = k.producer({ createPartitioner: Partitioners.DefaultPartitioner, maxInFlightRequests: 1 }); await p.connect()
  send = async (topic, values) => { const r = await p.send({ topic, acks, messages: values.map(value => ({ value })) }); return r.map(x => ({ partition: x.partition, offset: Number(x.baseOffset) })) }
} else if (mode === 'platformatic') {
  const { Producer, stringSerializers } = await load('@platformatic/kafka')
  const p = new Producer({ clientId: 'floor', bootstrapBrokers: brokers, serializers: stringSerializers, acks })
  send = async (topic, values) => { const r = await p.send({ acks, messages: values.map(value => ({ topic, value })) }); return (r.offsets || []).map(x => ({ partition: x.partition, offset: Number(x.offset) })) }
}
const lanes = new Map()
function enqueue (topic, values) {
  let l = lanes.get(topic); if (!l) lanes.set(topic, l = { busy: false, q: [] })
  return new Promise((resolve, reject) => { l.q.push({ values, resolve, reject }); pump(topic, l) })
}
async function pump (topic, l) {
  if (l.busy || !l.q.length) return; l.busy = true; const batch = l.q; l.q = []
  try { const r = await send(topic, batch.flatMap(b => b.values)); for (const b of batch) b.resolve(r) } catch (e) { for (const b of batch) b.reject(e) }
  l.busy = false; pump(topic, l)
}
http.createServer((req, res) => {
  const ch = []; req.on('data', d => ch.push(d)); req.on('end', async () => {
    try {
      const body = JSON.parse(Buffer.concat(ch)); const values = body.records.map(r => JSON.stringify(r.value))
      const r = send ? await enqueue(req.url.split('/')[2], values) : [{ partition: 0, offset: 1 }]
      const out = JSON.stringify({ offsets: values.map((_, i) => ({ ...(r[0] || {}), error_code: null, error: null })) })
      res.writeHead(200, { 'Content-Type': 'application/vnd.kafka.v2+json', 'Content-Length': Buffer.byteLength(out) }); res.end(out)
    } catch (e) { res.writeHead(500); res.end(String(e && e.message)) }
  })
}).listen(port, '127.0.0.1')
