import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner, TestServer } from '../helpers/server.ts'
import { openClient, type TestClient } from '../helpers/client.ts'
import { holdsWithin } from '../helpers/until.ts'
import { Shopper } from '../helpers/shopper.ts'
import type { Shop } from '../prove/purchase-checker.ts'
import { stockUp } from '../prove/shopping.ts'
import { checkFrames, type Finding } from '../e2e/channel-check.ts'

const BROADCAST = 'core.game.state.broadcast'
const SENDERS_PER_NODE = 4
const SHOPPERS = 12

export const SHOP: Shop = { funds: 1_000_000_000, price: 3, stock: { hot: 1_000_000, other: null } }

export interface LoadResult {
  /** From the first sending to the answer that it was done, each with its start, in milliseconds. */
  readonly broadcasts: readonly { readonly atMs: number; readonly tookMs: number }[]
  readonly purchases: readonly { readonly atMs: number; readonly tookMs: number }[]
  readonly shoppers: readonly Shopper[]
  /** Of each listener. */
  readonly findings: readonly Finding[]
  readonly accepted: number
  /** Answers that it was not done, or not known, by code. */
  readonly refusals: ReadonlyMap<string, number>
}

/**
 * Broadcasts and purchases on all nodes, each repeated until it is done, while `during` makes trouble; and a listener on each
 * node, whose frames are checked against what was accepted.
 */
export async function underLoad(
  t: Owner,
  nodes: readonly TestServer[],
  during: () => Promise<void>,
): Promise<LoadResult> {
  const [first] = nodes
  if (!first) throw new Error('no node')
  await stockUp(first, SHOP, SHOPPERS)
  const listeners = await Promise.all(nodes.map((node, i) => openClient(node, { token: node.mint(`listener-${i}`) })))
  const senders = await Promise.all(
    nodes.flatMap((node) =>
      Array.from({ length: SENDERS_PER_NODE }, (_, i) => openClient(node, { token: node.mint(`s-${i}`) })),
    ),
  )
  const shoppers = Array.from({ length: SHOPPERS }, (_, i) => new Shopper(`shopper-${i}`, nodes, i))
  t.teardown(() => [...listeners, ...senders].forEach((client) => client.terminate()))
  t.teardown(() => shoppers.forEach((shopper) => shopper.close()))

  const stopping = new AbortController()
  const offsets = new Set<number>()
  const refusals = new Map<string, number>()
  const broadcasts: { atMs: number; tookMs: number }[] = []
  const purchases: { atMs: number; tookMs: number }[] = []
  const count = (code: string) => refusals.set(code, (refusals.get(code) ?? 0) + 1)
  const all = [
    ...senders.map(async (sender) => {
      for (let i = 0; !stopping.signal.aborted; i++) {
        const atMs = performance.now()
        const offset = await broadcastUntilDone(sender, i, count)
        offsets.add(offset)
        broadcasts.push({ atMs, tookMs: performance.now() - atMs })
        await sleep(20)
      }
    }),
    ...shoppers.map(async (shopper, s) => {
      for (let i = 0; !stopping.signal.aborted; i++) {
        const atMs = performance.now()
        purchases.push({ atMs, tookMs: await shopper.buy((i + s) % 2 ? 'hot' : 'other', 1 + (i % 3)) })
        await sleep(20)
      }
    }),
  ]
  await during()
  stopping.abort()
  await Promise.all(all)
  const find = (listener: TestClient) =>
    checkFrames(listener.events, offsets, { cursor: Number(listener.ready['offset']) })
  await holdsWithin(() => listeners.every((listener) => find(listener).missing === 0), 10_000)
  return { broadcasts, purchases, shoppers, findings: listeners.map(find), accepted: offsets.size, refusals }
}

async function broadcastUntilDone(sender: TestClient, i: number, count: (code: string) => void): Promise<number> {
  for (;;) {
    const reply = await sender.request(BROADCAST, { message: { i } })
    sender.frames.length = 1
    if (reply.success) return Number(reply.data?.['offset'])
    count(reply.error?.code ?? '')
    await sleep(20 + Math.random() * 80)
  }
}
