import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestServer } from '../../helpers/server.ts'

export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly asked: number
  /** Not answered within ANSWERED_MS_MAX. */
  readonly unanswered: number
  /** Answered with a refusal. */
  readonly refused: number
}

const PER_SECOND = 100
const TICK_MS = 5
const ANSWERED_MS_MAX = 5_000

/** A player who asks for little: a message to itself, and what its room retains, in turn. */
export class Honest {
  readonly #socket: WebSocket
  readonly #asked = new Map<string, number>()
  #histogram = createHistogram()
  #count = 0
  #refused = 0
  closed: string | undefined

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#came(String(data)))
    socket.addEventListener('close', ({ code, reason }) => (this.closed = `${code} ${reason}`))
  }

  static async open(server: TestServer, name: string): Promise<Honest> {
    const url = `${server.wsUrl}/private`
    const socket = new WebSocket(url, ['game.v1.json', `bearer.${server.mint(name)}`])
    const honest = new Honest(socket)
    await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
    socket.send(JSON.stringify({ eventType: 'core.game.room.join', payload: { room_id: `room-of-${name}` } }))
    return honest
  }

  /** Asks for so long, and then waits for the answers. */
  async ask(seconds: number, name: string): Promise<Latency> {
    this.#histogram = createHistogram()
    this.#refused = 0
    const fromMs = performance.now()
    let asked = 0
    for (let passedMs = 0; passedMs < seconds * 1000; passedMs = performance.now() - fromMs) {
      while (asked < (passedMs * PER_SECOND) / 1000) this.#askOne(asked++, name)
      await sleep(TICK_MS)
    }
    const untilMs = performance.now() + ANSWERED_MS_MAX
    while (this.#asked.size > 0 && performance.now() < untilMs) await sleep(TICK_MS)
    const unanswered = this.#asked.size
    for (const sentMs of this.#asked.values()) this.#note(sentMs)
    this.#asked.clear()
    const ms = (nanoseconds: number) => nanoseconds / 1e6
    return {
      p50Ms: ms(this.#histogram.percentile(50)),
      p99Ms: ms(this.#histogram.percentile(99)),
      maxMs: ms(this.#histogram.max),
      asked,
      unanswered,
      refused: this.#refused,
    }
  }

  end(): void {
    this.#socket.close()
  }

  #askOne(n: number, name: string): void {
    const id = `q${++this.#count}`
    this.#asked.set(id, performance.now())
    const what =
      n % 2 === 0
        ? { eventType: 'core.game.state.send_message', payload: { target_user_id: name, text: 'x' } }
        : { eventType: 'core.game.state.get', payload: { room_id: `room-of-${name}` } }
    this.#socket.send(JSON.stringify({ id, ...what }))
  }

  /** Most of what comes may be others' events: only replies are looked into. */
  #came(text: string): void {
    if (!text.startsWith('{"eventType":"core.game.reply"')) return
    const id = /"replyTo":"(q\d+)"/.exec(text.slice(0, 100))?.[1] ?? ''
    const sentMs = this.#asked.get(id)
    if (sentMs === undefined) return
    this.#asked.delete(id)
    if (text.includes('"success":false')) this.#refused++
    this.#note(sentMs)
  }

  #note(sentMs: number): void {
    this.#histogram.record(Math.max(1, Math.round((performance.now() - sentMs) * 1e6)))
  }
}
