import type { Etcd3, IWatchResponse } from 'etcd3'
import t, { type Test } from 'tap'
import { skipWithout, startEtcd, type EtcdVersion } from '../helpers/etcd.ts'
import { startProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'
import { CUT, FAST, fill, openClient, putting, rangeOf, revisions } from './support.ts'

/** The stream of watches as etcd gives it, without the library's watcher. */

const PREFIX = 'watched/'
const SPLIT_AT_BYTES = 2 * 1024 * 1024
const GRPC_BYTES_MAX = 4 * 1024 * 1024

t.jobs = 2

async function start(t: Test, version: EtcdVersion) {
  const { member } = await startEtcd(t, { version, ...FAST })
  const proxy = await startProxy(t, member.port)
  return { member, proxy, direct: openClient(t, member), client: openClient(t, proxy) }
}

interface RawWatch {
  readonly responses: IWatchResponse[]
  /** What else it said, in order. */
  readonly said: unknown[]
  readonly cancel: () => void
}

async function watch(
  t: Test,
  client: Etcd3,
  { from, fragment = true, onResponse }: { from: number; fragment?: boolean; onResponse?: (r: IWatchResponse) => void },
): Promise<RawWatch> {
  const responses: IWatchResponse[] = []
  const said: unknown[] = []
  const stream = await client.watchClient.watch()
  stream.on('data', (response) => {
    responses.push(response)
    onResponse?.(response)
  })
  stream.on('error', (error) => said.push(error))
  stream.on('end', () => said.push('end'))
  stream.write({ create_request: { ...rangeOf(PREFIX), start_revision: from, fragment } })
  t.teardown(() => stream.cancel())
  return { responses, said, cancel: () => stream.cancel() }
}

const revisionsOf = (events: IWatchResponse['events']) => events.map(({ kv }) => Number(kv.mod_revision))

for (const version of ['3.5', '3.4'] as const) {
  t.test(
    `a start that is compacted is cancelled with the compact revision; the stream stays (${version})`,
    skipWithout(version),
    async (t) => {
      const { member, direct, client } = await start(t, version)
      const { first, last } = await fill(member, { prefix: PREFIX, count: 100 })
      await direct.kv.compact({ revision: last })
      const { responses, said, cancel } = await watch(t, client, { from: first })
      t.ok(await until(() => responses.length === 2))
      t.match(responses, [
        { created: true, canceled: false, compact_revision: '0', header: { revision: String(last) } },
        {
          created: false,
          canceled: true,
          compact_revision: String(last),
          cancel_reason: '',
          header: { revision: '0' },
        },
      ])
      t.strictSame(said, [])
      cancel()
      t.ok(await until(() => said.length === 2))
      t.match(
        said,
        [{ message: '1 CANCELLED: Cancelled on client', code: 1 }, 'end'],
        'its own cancelling is an error, too',
      )
      const after = await watch(t, client, { from: last + 1 })
      await direct.kv.txn(putting(`${PREFIX}a`))
      t.ok(await until(() => after.responses.length === 2))
    },
  )

  t.test(
    `a cut is an error and then an end; going on behind the last revision, 10 cuts lose and double nothing (${version})`,
    skipWithout(version),
    async (t) => {
      const { member, proxy, client } = await start(t, version)
      const { first, last } = await fill(member, { prefix: PREFIX, count: 5000, valueBytes: 300 })
      const seen: number[] = []
      let cuts = 0
      let bytes = 0
      proxy.onServerBytes = (chunk, connection) => {
        bytes += chunk.length
        // A part of the backlog has some 340 KB: by turns in the middle of the first one, which is lost, and of the second.
        if (bytes > (cuts % 2 === 0 ? 100_000 : 500_000)) connection.cut(false)
      }
      while (seen.length < 5000) {
        bytes = 0
        const { said } = await watch(t, client, {
          from: first + seen.length,
          onResponse: ({ events }) => {
            seen.push(...revisionsOf(events))
            if (seen.length === 5000) proxy.cutAll()
          },
        })
        t.ok(await until(() => said.length === 2))
        t.match(said, [{ message: CUT, code: 14 }, 'end'])
        cuts++
      }
      t.equal(cuts, 10)
      t.strictSame(seen, revisions(first, last))
    },
  )

  t.test(
    `the header of a part of the backlog has the newest revision, not that of its last event (${version})`,
    skipWithout(version),
    async (t) => {
      const { member, client } = await start(t, version)
      const { first, last } = await fill(member, { prefix: PREFIX, count: 2000 })
      const { responses } = await watch(t, client, { from: first })
      t.ok(await until(() => responses.length === 3))
      const [, part] = responses
      t.equal(part?.header.revision, String(last))
      t.strictSame(revisionsOf(part?.events ?? []), revisions(first, first + 999))
    },
  )

  t.test(
    `fragments are below 2 MB and may split a revision; without them 4 MB end the stream (${version})`,
    skipWithout(version),
    async (t) => {
      const { direct, client } = await start(t, version)
      const value = Buffer.alloc(5000, 'x')
      const keys = Array.from({ length: 100 }, (_, i) => Buffer.from(`${PREFIX}${i}`))
      const made: number[] = []
      for (let i = 0; i < 20; i++) {
        const { header } = await direct.kv.txn({ success: keys.map((key) => ({ request_put: { key, value } })) })
        made.push(Number(header.revision))
      }
      const [first = 0] = made
      const { responses, cancel } = await watch(t, client, { from: first })
      const events = () => responses.flatMap(({ events }) => events)
      t.ok(await until(() => events().length === 2000))
      cancel()
      t.strictSame(
        revisionsOf(events()),
        made.flatMap((revision) => keys.map(() => revision)),
      )
      const parts = responses.slice(1)
      t.strictSame(
        parts.map(({ fragment }) => fragment),
        [true, true, true, true, false],
        'all but the last say that more comes',
      )
      for (const { events } of parts) t.ok(events.length * value.length < SPLIT_AT_BYTES)
      const [one, two] = parts.map(({ events }) => revisionsOf(events))
      t.equal(one?.at(-1), two?.[0], 'going on behind the last revision of a fragment would lose the rest of it')

      const whole = await watch(t, client, { from: first, fragment: false })
      t.ok(await until(() => whole.said.length === 2))
      const message = new RegExp(
        `^8 RESOURCE_EXHAUSTED: Received message larger than max \\(\\d+ vs ${GRPC_BYTES_MAX}\\)$`,
      )
      t.match(whole.said, [{ message, code: 8 }, 'end'])
    },
  )
}
