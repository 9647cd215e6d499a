import { EtcdError, type Etcd3, type Watcher } from 'etcd3'
import t, { type Test } from 'tap'
import { skipWithout, startEtcd, type EtcdVersion } from '../helpers/etcd.ts'
import { startProxy, type TcpProxy } from '../helpers/tcp-proxy.ts'
import { realTime } from '../helpers/real-time.ts'
import { until } from '../helpers/until.ts'
import { CUT, FAST, fill, openClient, putting, revisions } from './support.ts'

/** What the library's own watcher makes of cuts and compaction; src/store/etcd has one of its own for these reasons. */

/** etcd gives a backlog in parts of so many revisions, every 100 ms. */
const PART = 1000
const VALUE_BYTES = 300
/** Each part has some 340 KB: this is in the middle of the second one. */
const CUT_AT_BYTES = 500_000
const PREFIX = 'watched/'
/** The library waits for longer and longer before it connects again. */

t.jobs = 2

async function start(t: Test, version: EtcdVersion) {
  const { member } = await startEtcd(t, { version, ...FAST })
  const proxy = await startProxy(t, member.port)
  const client = openClient(t, proxy, { faultHandling: {} })
  return { member, proxy, client, direct: openClient(t, member) }
}

async function watch(t: Test, client: Etcd3, startRevision?: number) {
  const builder = client.watch().prefix(PREFIX)
  const watcher = await (startRevision === undefined ? builder : builder.startRevision(String(startRevision))).create()
  t.teardown(() => watcher.cancel())
  const seen: number[] = []
  watcher.on('put', ({ mod_revision }) => seen.push(Number(mod_revision)))
  return { watcher, seen }
}

/** The watcher's next event of this name. Node's `once` would also listen for errors. */
async function next(watcher: Watcher, event: 'connected' | 'disconnected'): Promise<void> {
  let isThere = false
  watcher.once(event, () => (isThere = true))
  await until(
    () => isThere,
    () => `it to be ${event}`,
  )
}

/** The next cut of the watcher's connection, and its return: that is listened for from the cut on, so it is not missed between two looks. */
function nextCut(watcher: Watcher): { readonly cut: () => Promise<void>; readonly back: () => Promise<void> } {
  let isCut = false
  let isBack = false
  watcher.once('disconnected', () => {
    isCut = true
    watcher.once('connected', () => (isBack = true))
  })
  const toBe = async (isSo: () => boolean, what: string) => void (await until(isSo, () => `it to be ${what}`))
  return { cut: () => toBe(() => isCut, 'disconnected'), back: () => toBe(() => isBack, 'connected') }
}

/** Puts a key that is watched and gives its revision. */
async function put(client: Etcd3): Promise<number> {
  const { header } = await client.kv.txn(putting(`${PREFIX}a`))
  return Number(header.revision)
}

/** Cuts each connection when the first bytes of an event come, before they are forwarded. */
function cutBeforeEvents(proxy: TcpProxy): void {
  proxy.onServerBytes = (chunk, connection) => chunk.includes(PREFIX) && connection.cut(false)
}

/** Cuts the watcher off, makes changes, and lets it come back. */
async function whileCutOff<T>(proxy: TcpProxy, change: () => Promise<T>): Promise<T> {
  proxy.refuse(true)
  proxy.cutAll()
  const result = await change()
  proxy.refuse(false)
  return result
}

for (const version of ['3.5', '3.4'] as const) {
  const needs = skipWithout(version)

  t.test(
    `cut in the middle of a backlog it skips the rest, with one cut and with two (${version})`,
    needs,
    async (t) => {
      const { member, proxy, direct, client } = await start(t, version)
      const { first } = await fill(member, { prefix: PREFIX, count: 5000, valueBytes: VALUE_BYTES })
      let bytes = 0
      proxy.onServerBytes = (chunk, connection) => {
        bytes += chunk.length
        if (bytes > CUT_AT_BYTES) connection.cut(false)
      }
      for (const cuts of [1, 2]) {
        bytes = 0
        const { watcher, seen } = await watch(t, client, first)
        const marks: number[] = []
        for (let cut = 1; cut <= cuts; cut++) {
          const { cut: isCut, back } = nextCut(watcher)
          if (cut === 2) proxy.cutAll()
          await isCut()
          bytes = 0
          await back()
          marks.push(await put(direct))
          t.ok(await until(() => seen.length === PART + cut))
        }
        marks.push(await put(direct))
        t.ok(await until(() => seen.length >= PART + cuts + 1))
        t.strictSame(seen, [...revisions(first, first + PART - 1), ...marks], 'and none comes twice')
        await watcher.cancel()
      }
    },
  )

  t.test(`cut between its creation and its first event it skips the whole backlog (${version})`, needs, async (t) => {
    const { member, proxy, direct, client } = await start(t, version)
    const { first } = await fill(member, { prefix: PREFIX, count: 2 * PART })
    cutBeforeEvents(proxy)
    const { watcher, seen } = await watch(t, client, first)
    const { cut, back } = nextCut(watcher)
    await cut()
    proxy.onServerBytes = undefined
    await back()
    const mark = await put(direct)
    t.ok(await until(() => seen.length > 0))
    t.strictSame(seen, [mark])
  })
}

const NEEDS = skipWithout('3.5')

t.test('it comes through one cut, but not through a second one before what it missed has come', NEEDS, async (t) => {
  const { proxy, direct, client } = await start(t, '3.5')
  const { watcher, seen } = await watch(t, client)
  const reasons: unknown[] = []
  watcher.on('disconnected', (reason) => reasons.push(reason))
  const missed = await whileCutOff(proxy, () => put(direct))
  t.ok(await until(() => seen.length === 1))
  t.match(reasons.slice(0, 2), [{ message: CUT }, { message: 'The etcd watch stream was unexpectedly ended' }])
  cutBeforeEvents(proxy)
  // Each is listened for from the one before it on: between two looks both may have come.
  let second: ReturnType<typeof nextCut> | undefined
  watcher.once('connected', () => (second = nextCut(watcher)))
  await whileCutOff(proxy, () => put(direct))
  t.ok(await until(() => second !== undefined), 'it is connected')
  await second?.cut()
  proxy.onServerBytes = undefined
  await second?.back()
  const mark = await put(direct)
  t.ok(await until(() => seen.length > 1))
  t.strictSame(seen, [missed, mark], 'one is lost')
})

for (const listens of [true, false]) {
  const outcome = listens ? 'an error without a revision comes, once' : 'and nobody listens for errors it is silent'
  t.test(`when what it has to go on from is compacted ${outcome}, and no event any more`, NEEDS, async (t) => {
    const { proxy, direct, client } = await start(t, '3.5')
    const { watcher, seen } = await watch(t, client)
    const said: unknown[] = []
    if (listens) watcher.on('error', (error) => said.push(error))
    watcher.on('end', () => said.push('end'))
    const connected = next(watcher, 'connected')
    await whileCutOff(proxy, async () => {
      await put(direct)
      await direct.kv.compact({ revision: await put(direct) })
      await put(direct)
    })
    await connected
    await realTime(500)
    await put(direct)
    await realTime(500)
    t.strictSame(seen, [])
    t.equal(said.length, listens ? 1 : 0)
    if (listens) t.strictSame(said, [new EtcdError('Watcher canceled: ')])
  })
}
