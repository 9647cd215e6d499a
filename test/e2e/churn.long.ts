import t from 'tap'
import { openClient, type Frame, type TestClient } from '../helpers/client.ts'
import { realTime } from '../helpers/real-time.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { checkFrames, NOTHING_WRONG } from './channel-check.ts'

const BROADCAST = 'core.game.state.broadcast'
const ROOM = 'arena'
const CLIENTS = 30
const EVENTS_MIN = 1000
const RESUMES_MIN = 300
const LARGE = 'x'.repeat(3000)

type Open = (query: Record<string, string>) => Promise<TestClient>

/** A client that is cut off again and again, and resumes by the protocol's own words. */
class Traveller {
  readonly frames: Frame[] = []
  readonly cursor: number
  roomCursor = 0
  resumes = 0
  notRecovered = 0
  #client: TestClient
  readonly #open: Open

  private constructor(client: TestClient, open: Open) {
    this.#client = client
    this.#open = open
    this.cursor = Number(client.ready['offset'])
  }

  static async start(server: TestServer, i: number): Promise<Traveller> {
    const encoding = i % 2 === 0 ? ('json' as const) : ('msgpack' as const)
    const open: Open = (query) => openClient(server, { token: server.mint(`traveller-${i}`), encoding, query })
    const traveller = new Traveller(await open({}), open)
    const { data } = await traveller.#client.request('core.game.room.join', { room_id: ROOM })
    traveller.roomCursor = Number(data?.['offset'])
    return traveller
  }

  async cutAndResume(): Promise<void> {
    const { ready } = this.#client
    this.#client.terminate()
    await this.#client.closed
    this.#take()
    const largest = Math.max(this.cursor, this.roomCursor, ...this.frames.map((frame) => Number(frame['offset'])))
    const since = `${String(ready['epoch'])}:${largest}`
    this.#client = await this.#open({ resume: String(ready['resume_token']), since, rooms: ROOM })
    this.resumes++
    if (this.#client.ready['recovered'] !== true) this.notRecovered++
  }

  end(): void {
    this.#client.terminate()
    this.#take()
  }

  get offsets(): ReadonlySet<number> {
    return new Set([...this.frames, ...this.#client.events].map((frame) => Number(frame['offset'])))
  }

  #take(): void {
    this.frames.push(...this.#client.events)
  }
}

t.test('clients that are cut off again and again under load miss nothing and get nothing twice', async (t) => {
  const server = await startServer(t, { RATE_MESSAGES: '10000', RATE_BYTES: '64MiB', BACKPRESSURE_BYTES: '256KiB' })
  const travellers = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => Traveller.start(server, i)))
  const senders = await Promise.all([0, 1].map((i) => openClient(server, { token: server.mint(`sender-${i}`) })))
  t.teardown(() => senders.forEach((sender) => sender.terminate()))
  await Promise.all(senders.map((sender) => sender.request('core.game.room.join', { room_id: ROOM })))

  const accepted = new Set<number>()
  const stop = new AbortController()
  const sending = senders.map(async (sender, s) => {
    const replies: Promise<void>[] = []
    for (let i = 0; !stop.signal.aborted; i++) {
      const room = (i + s) % 2 === 0 ? { room: ROOM } : {}
      // Now and then large ones, so that a replay has several parts.
      const message = i % 10 === 0 ? LARGE : i
      const reply = sender.request(BROADCAST, { message }, room)
      replies.push(reply.then(({ data }) => void accepted.add(Number(data?.['offset']))))
      await realTime(4)
    }
    await Promise.all(replies)
  })
  const travelling = travellers.map(async (traveller, i) => {
    while (!stop.signal.aborted) {
      await realTime(50 + ((i * 37) % 300))
      await traveller.cutAndResume()
    }
  })
  const resumes = () => travellers.reduce((sum, traveller) => sum + traveller.resumes, 0)
  await until(() => accepted.size > EVENTS_MIN && resumes() > RESUMES_MIN)
  stop.abort()
  await Promise.all([...sending, ...travelling])
  const last = Math.max(...accepted)
  await until(() => travellers.every(({ offsets }) => offsets.has(last)))

  for (const traveller of travellers) {
    traveller.end()
    t.equal(traveller.notRecovered, 0)
    t.strictSame(checkFrames(traveller.frames, accepted, traveller), NOTHING_WRONG)
  }
  t.ok(resumes() > RESUMES_MIN, `${resumes()} resumes`)
  t.ok(accepted.size > EVENTS_MIN, `${accepted.size} events`)
})
