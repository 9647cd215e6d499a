import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { skipWithout, startEtcd, type EtcdVersion } from '../helpers/etcd.ts'
import { startProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { CUT, errorOf, FAST, openClient, putting, timesPut } from './support.ts'

/** How often etcd3 sends calls, and what its policies have to be so that it is once. */

t.jobs = 2

async function start(t: Test, version: EtcdVersion) {
  const etcd = await startEtcd(t, { version, ...FAST })
  const proxy = await startProxy(t, etcd.member.port)
  const cutFirst = (key: string, { afterForwarding }: { readonly afterForwarding: boolean }) => {
    const sent = { times: 0 }
    proxy.onClientBytes = (chunk, connection) => {
      if (!chunk.includes(key)) return
      if (++sent.times === 1) connection.cut(afterForwarding)
    }
    return sent
  }
  return { proxy, direct: openClient(t, etcd.member), cutFirst }
}

for (const version of ['3.5', '3.4'] as const) {
  t.test(
    `by default a transaction whose answer is lost is sent again and done twice (${version})`,
    skipWithout(version),
    async (t) => {
      const { proxy, direct, cutFirst } = await start(t, version)
      const client = openClient(t, proxy, { faultHandling: {} })
      const sent = cutFirst('twice', { afterForwarding: true })
      await client.kv.txn(putting('twice'))
      t.equal(sent.times, 2)
      t.ok(await until(async () => (await timesPut(direct, 'twice')) === 2))
    },
  )

  t.test(
    `with policies that run a call once it is sent once, done or not (${version})`,
    skipWithout(version),
    async (t) => {
      const { proxy, direct, cutFirst } = await start(t, version)
      const client = openClient(t, proxy)
      for (const [key, afterForwarding] of [
        ['done', true],
        ['lost', false],
      ] as const) {
        const sent = cutFirst(key, { afterForwarding })
        const error = await errorOf(client.kv.txn(putting(key)))
        t.match(error, { message: CUT })
        t.equal(sent.times, 1)
        t.ok(await until(async () => (await timesPut(direct, key)) === (afterForwarding ? 1 : 0)))
      }
    },
  )
}

t.test(
  'a policy that throws where it should reject ends the process when a stream breaks',
  skipWithout('3.5'),
  async (t) => {
    const etcd = await startEtcd(t, FAST)
    const proxy = await startProxy(t, etcd.member.port)
    for (const [execute, survives] of [
      ['(run) => run()', false],
      ['async (run) => run()', true],
    ] as const) {
      const script = `import { Etcd3 } from '${import.meta.resolve('etcd3')}'
      const policy = { execute: ${execute} }
      const client = new Etcd3({ hosts: '${proxy.endpoint}', faultHandling: { host: () => policy, global: policy } })
      const stream = await client.watchClient.watch()
      stream.on('data', () => console.log('watching')).on('error', () => {}).on('end', () => setTimeout(process.exit, 50))
      stream.write({ create_request: { key: Buffer.from('a') } })`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      t.teardown(() => child.kill())
      let errors = ''
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
      await once(child.stdout, 'data')
      const closed = once(child, 'close')
      proxy.cutAll()
      await closed
      t.equal(child.exitCode, survives ? 0 : 1)
      if (survives) t.equal(errors, '')
      else t.match(errors, /connection-pool\.js.*GRPCUnavailableError: 14 UNAVAILABLE: /s)
    }
  },
)
