import { on } from 'node:events'
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { DEV_SECRET_FILES, ensureSecret } from '../../src/config/dev-secrets.ts'

t.test('a secret is made once, and is its owner only to read', async (t) => {
  const dataDir = path.join(t.testdir({}), 'not/yet/there')
  const first = ensureSecret(dataDir, DEV_SECRET_FILES.jwt)
  t.match(first, { secret: /^[A-Za-z0-9_-]{43}$/, created: true })
  t.strictSame(ensureSecret(dataDir, DEV_SECRET_FILES.jwt), { ...first, created: false })
  t.equal(statSync(path.join(dataDir, 'dev-jwt-secret')).mode & 0o777, 0o600)
  t.strictSame(readdirSync(dataDir), ['dev-jwt-secret'])
})

t.test('each file has a secret of its own', async (t) => {
  const dataDir = t.testdir({})
  t.not(ensureSecret(dataDir, DEV_SECRET_FILES.jwt).secret, ensureSecret(dataDir, DEV_SECRET_FILES.admin).secret)
})

t.test('a file that was cut short is not taken for a secret, and not written over', async (t) => {
  const dataDir = t.testdir({ 'dev-jwt-secret': 'short\n' })
  t.throws(() => ensureSecret(dataDir, DEV_SECRET_FILES.jwt), /does not hold a secret/)
  t.equal(readFileSync(path.join(dataDir, 'dev-jwt-secret'), 'utf8'), 'short\n')
})

t.test('a data folder that cannot be made is reported as it is', async (t) => {
  const file = path.join(t.testdir({}), 'file')
  writeFileSync(file, '')
  t.throws(() => ensureSecret(file, DEV_SECRET_FILES.jwt), { code: /EEXIST|ENOTDIR/ })
})

t.test('threads that ask at the same time all get one secret', async (t) => {
  const dataDir = t.testdir({})
  const source = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { ensureSecret } = await import(workerData.module)
    parentPort.postMessage('waits')
    Atomics.wait(workerData.gate, 0, 0)
    parentPort.postMessage(ensureSecret(workerData.dataDir, 'dev-jwt-secret'))`
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const workerData = { dataDir, gate, module: new URL('../../src/config/dev-secrets.ts', import.meta.url).href }
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
  const answers = Array.from({ length: 4 }, () => {
    const worker = new Worker(url, { workerData })
    return on(worker, 'message') as AsyncIterator<[{ secret: string; created: boolean }]>
  })
  const nextOfAll = () => Promise.all(answers.map(async (answer) => (await answer.next()).value[0]))
  await nextOfAll()
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  const results = await nextOfAll()
  t.equal(new Set(results.map(({ secret }) => secret)).size, 1)
  t.equal(results.filter(({ created }) => created).length, 1)
})
