// Kafka's own ProducerPerformance and ConsumerPerformance, in a JVM with its full compiler; CPU from /proc.
import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

const cpuOf = pid => { try { const s = readFileSync(`/proc/${pid}/stat`, 'utf8'); const f = s.slice(s.lastIndexOf(')') + 2).split(' '); return (Number(f[11]) + Number(f[12])) / 100 } catch { return null } }

const java = (libDir, mainClass, args, settings = []) => new Promise((resolve, reject) => {
  const jars = readdirSync(libDir).filter(f => f.endsWith('.jar')).map(f => `${libDir}/${f}`).join(':')
  const child = spawn('java', ['-Xmx512m', ...settings, '-cp', jars, mainClass, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = '', err = '', cpu = 0
  child.stdout.on('data', d => { out += d }); child.stderr.on('data', d => { err += d })
  const timer = setInterval(() => { cpu = cpuOf(child.pid) ?? cpu }, 50)
  child.on('close', code => { clearInterval(timer); code === 0 ? resolve({ out, cpu }) : reject(new Error(`${mainClass}: ${err || out}`)) })
})

const ALLOWED = urls => [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${urls}`]

/** @returns records/s and MB/s over the whole run, JVM warm-up included, and CPU seconds of the JVM */
export const javaProduce = async ({ libDir, properties, topic, records, size, tokenUrl }) => {
  const { out, cpu } = await java(libDir, 'org.apache.kafka.tools.ProducerPerformance', ['--topic', topic, '--num-records', String(records), '--record-size', String(size), '--throughput', '-1', '--command-config', properties, '--command-property', 'acks=all'], tokenUrl ? ALLOWED(tokenUrl) : [])
  const last = out.trim().split('\n').at(-1)
  const m = /([\d.]+) records\/sec \(([\d.]+) MB\/sec\)/.exec(last)
  if (!m) throw new Error(out)
  return { rps: Number(m[1]), mb: Number(m[2]), cpuUs: cpu * 1e6 / records }
}

export const javaConsume = async ({ libDir, properties, bootstrap, topic, records, tokenUrl }) => {
  const { out, cpu } = await java(libDir, 'org.apache.kafka.tools.ConsumerPerformance', ['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', String(records), '--command-config', properties, '--timeout', '30000', '--hide-header'], tokenUrl ? ALLOWED(tokenUrl) : [])
  const row = out.trim().split('\n').find(l => /^\d{4}-/.test(l)).split(',').map(s => s.trim())
  // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
  return { rps: Number(row[9]), mb: Number(row[8]), got: Number(row[4]), cpuUs: cpu * 1e6 / records }
}
