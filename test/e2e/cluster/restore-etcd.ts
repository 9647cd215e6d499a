import { join } from 'node:path'
import type { Test } from 'tap'
import { openClient, type TestClient } from '../../helpers/client.ts'
import { startNodes } from '../../helpers/cluster.ts'
import { startEtcd, type TestEtcd } from '../../helpers/etcd.ts'
import type { TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const BEFORE = 50

export interface Restore {
  /** As another cluster of etcd, on the same endpoints. */
  readonly asOthers?: boolean
  /** As docs/operate/cluster.md says. */
  readonly deleteEpoch?: boolean
}

/** Two nodes with a listener each go on sending while etcd is restored under them, which nobody should do. */
export async function restoreUnderNodes(t: Test, { asOthers = false, deleteEpoch = false }: Restore): Promise<void> {
  const etcd = await startEtcd(t)
  const nodes = await startNodes(t, etcd.endpoints, { count: 2, env: { WORKERS: '1' } })
  const clients = await Promise.all(nodes.map((node, i) => openClient(node, { token: node.mint(`player-${i}`) })))
  t.teardown(() => clients.forEach((client) => client.terminate()))
  const [first] = clients as [TestClient]
  const snapshot = join(t.testdir(), 'snapshot.db')
  await broadcast(first, 'before the snapshot')
  await etcd.etcdctl('snapshot', 'save', snapshot)
  for (let i = 0; i < BEFORE; i++) await broadcast(first, `lost ${i}`)
  const ends = nodes.map((node) => node.ended)
  const codes = clients.map((client) => client.closed.then(({ code }) => code))

  const sending = clients.map((client, i) => sendUntilClosed(client, `node ${i}`))
  await restoreNow(etcd, { snapshot, asOthers, deleteEpoch })
  const restoredMs = performance.now()
  t.strictSame(await Promise.all(codes), [4006, 4006], 'clients are told to resume')
  const ended = await Promise.all(ends)
  t.comment(`the nodes have ended ${Math.round(performance.now() - restoredMs)} ms after etcd was back`)
  t.strictSame(
    ended.map(({ code }) => code),
    [75, 75],
    'and the nodes end, to be started anew',
  )
  const accepted = (await Promise.all(sending)).flat()
  const isKnown = (text: string) => clients.every((client) => client.events.some(isOf(text)))
  t.strictSame(
    accepted.filter((text) => !isKnown(text)),
    [],
    'what was acknowledged had come to both',
  )
  await comeBack(t, nodes, first)
}

async function restoreNow(
  etcd: TestEtcd,
  { snapshot, asOthers, deleteEpoch }: { snapshot: string; asOthers: boolean; deleteEpoch: boolean },
): Promise<void> {
  await etcd.restore(snapshot, { asOthers })
  if (deleteEpoch) await etcd.etcdctl('del', '/drumbeat/epoch')
}

/** Gives what was acknowledged. */
async function sendUntilClosed(client: TestClient, name: string): Promise<readonly string[]> {
  const accepted: string[] = []
  for (let i = 0; !client.isClosed; i++) {
    const text = `${name}, ${i}`
    const closed = client.closed.then(() => undefined)
    const reply = await Promise.race([client.request(BROADCAST, { message: text }).catch(() => undefined), closed])
    if (reply?.success === true) accepted.push(text)
  }
  return accepted
}

/** As a service manager does it after 75; the cursor of before is good for nothing. */
async function comeBack(t: Test, nodes: readonly TestServer[], before: TestClient): Promise<void> {
  for (const node of nodes) {
    await node.kill()
    await node.start()
  }
  const [one, two] = nodes as [TestServer, TestServer]
  const { epoch, offset, resume_token } = before.ready
  const query = { resume: String(resume_token), since: `${String(epoch)}:${String(offset)}` }
  const back = await openClient(one, { token: one.mint('player-0'), query })
  const other = await openClient(two, { token: two.mint('player-1') })
  t.teardown(() => [back, other].forEach((client) => client.terminate()))
  t.match(back.ready, { recovered: false, reason: 'EPOCH_CHANGED' })
  await broadcast(other, 'after all')
  t.ok(await until(() => back.events.some(isOf('after all'))), 'and all works again')
}

async function broadcast(client: TestClient, message: string): Promise<void> {
  const reply = await client.request(BROADCAST, { message })
  if (!reply.success) throw new Error(`it was refused: ${reply.error?.code}`)
}

function isOf(text: string) {
  return ({ payload }: { readonly payload?: Readonly<Record<string, unknown>> | undefined }) =>
    payload?.['message'] === text
}
