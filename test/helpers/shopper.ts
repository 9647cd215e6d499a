import type { Receipt } from '../../src/protocol/shapes/shop.ts'
import type { Attempt } from '../prove/purchase-checker.ts'
import { openClient, type TestClient } from './client.ts'
import type { TestServer } from './server.ts'
import { realTime } from './real-time.ts'

/** The fields of a receipt that the checker needs. There may be a million receipts. */
function pick({ purchase_id, signature, replayed }: Receipt): Attempt['receipt'] {
  return { purchase_id, signature, replayed }
}

const FAILED = new Set(['UNAVAILABLE', 'OVERLOADED', 'RATE_LIMITED', 'DRAINING'])

/** A player who buys. It asks again with the same key, on any node that is alive, until there is an answer. */
export class Shopper {
  readonly attempts: Attempt[] = []
  readonly user: string
  readonly #nodes: readonly TestServer[]
  #client: TestClient | undefined
  #next: number
  #purchases = 0

  /** @param first the node to begin with */
  constructor(user: string, nodes: readonly TestServer[], first: number) {
    this.user = user
    this.#nodes = nodes
    this.#next = first
  }

  /** Resolves when the purchase is settled, to how many milliseconds that took. Throws after `withinMs`. */
  async buy(good: string, count: number, withinMs = 60_000): Promise<number> {
    const key = `${this.user}-purchase-${++this.#purchases}`.padEnd(16, '-')
    const startedMs = performance.now()
    for (;;) {
      const attempt = await this.#try(good, count, key)
      this.attempts.push(attempt)
      const tookMs = performance.now() - startedMs
      if (attempt.outcome === 'ok' || attempt.outcome === 'refused') return tookMs
      if (tookMs > withinMs) throw new Error(`${key} was not settled: ${attempt.code}`)
      await realTime(20 + Math.random() * 80)
    }
  }

  close(): void {
    this.#client?.terminate()
  }

  async #try(good: string, count: number, key: string): Promise<Attempt> {
    const invokedMs = performance.now()
    const about = { user: this.user, good, count, key, invokedMs }
    const ended = (outcome: Attempt['outcome'], code: string, receipt?: Attempt['receipt']): Attempt => {
      return { ...about, returnedMs: performance.now(), outcome, code, receipt }
    }
    let client: TestClient
    try {
      client = await this.#connected()
    } catch (error) {
      return ended('failed', `not connected: ${String(error)}`)
    }
    try {
      const id = `${key}-${this.attempts.length}`
      client.send({
        id,
        eventType: 'core.game.state.buy_good',
        payload: { good_id: good, count, idempotency_key: key },
      })
      const { success, data, error } = await client.reply(id)
      if (success) return ended('ok', '', pick(data as unknown as Receipt))
      const code = error?.code ?? ''
      if (FAILED.has(code)) return ended('failed', code)
      return ended(code === 'OUTCOME_UNKNOWN' ? 'unknown' : 'refused', code)
    } catch (error) {
      this.#client = undefined
      client.terminate()
      return ended('unknown', String(error).slice(0, 80))
    } finally {
      client.frames.length = 1
    }
  }

  async #connected(): Promise<TestClient> {
    if (this.#client && !this.#client.isClosed) return this.#client
    const node = this.#nodes[this.#next++ % this.#nodes.length] as TestServer
    this.#client = await openClient(node, { token: node.mint(this.user) })
    return this.#client
  }
}
