/** Every way into a room takes of the same limits: a way that took nothing would be the one that is used. */
import t, { type Test } from 'tap'
import type { Namespace } from '../../src/protocol/ids.ts'
import { EVENT } from '../../src/protocol/events.ts'
import { lap } from '../helpers/games/lap.ts'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { realHost } from '../helpers/house/real-host.ts'

const RATE = 1
/** Four seconds' worth. */
const BURST = 4 * RATE
const ADDRESS = '192.0.2.7'
const ROOMS_MAX = 3

type As = 'private' | 'guest'
/** What became of one try. Rooms that were entered, or with what it was refused. */
type Outcome =
  | { readonly entered: readonly string[] }
  | { readonly code: string | number; readonly retryAfterMs: number }

interface Bench extends OpenHouse {
  /** A connection of the one player, or of a guest of the one address. */
  readonly open: () => Promise<PlainClient>
  readonly namespace: Namespace
  /** A room that nobody has entered. */
  readonly fresh: () => Promise<string>
}

interface Way {
  readonly what: string
  /** Enters one room, or tries to. */
  readonly enter: (bench: Bench, client: PlainClient) => Promise<Outcome>
}

async function asked(client: PlainClient, eventType: string, payload: object): Promise<Outcome> {
  const { success, data, error } = await client.ask(eventType, payload)
  if (success) return { entered: [(data as { room_id: string }).room_id] }
  return { code: error?.code ?? '', retryAfterMs: Number(error?.details?.['retry_after_ms'] ?? 0) }
}

function resumed({ ready, closed }: PlainClient): Outcome {
  if (closed === undefined) return { entered: ready['rooms'] as string[] }
  const { retry_after_ms } = JSON.parse(closed.reason) as { retry_after_ms: number }
  return { code: closed.code, retryAfterMs: retry_after_ms }
}

const WAYS: readonly Way[] = [
  {
    what: 'join, of a room without a game',
    enter: async ({ fresh }, client) => asked(client, EVENT.roomJoin, { room_id: await fresh() }),
  },
  {
    what: 'join, of a room with a game',
    enter: async ({ house, namespace }, client) => {
      const { room_id } = await house.ask('gameRoomOpen', {
        namespace,
        game: 'lap',
        options: {},
        isLocked: false,
        password: null,
        idempotencyKey: null,
      })
      return asked(client, EVENT.roomJoin, { room_id })
    },
  },
  { what: 'find', enter: (_bench, client) => asked(client, EVENT.roomFind, { game: 'lap' }) },
  {
    what: 'a resume that names a room',
    enter: async ({ fresh }, client) => {
      client.cut()
      return resumed(await client.resume([await fresh()]))
    },
  },
]

async function openBench(t: Test, as: As, env: Readonly<Record<string, string>>): Promise<Bench> {
  const opened = await openHouse(t, {
    startHost: realHost([lap]),
    env: { WORKERS: '1', GAME_HOSTS: '1', GUEST_DENIED_EVENTS: 'none', ...env },
  })
  const namespace = as as Namespace
  let rooms = 0
  return {
    ...opened,
    namespace,
    open: () => (as === 'private' ? opened.enter('alice') : opened.enterAsGuest({ address: ADDRESS })),
    fresh: async () => {
      const id = `room-${++rooms}`
      await opened.makeRoom(id, { namespace })
      return id
    },
  }
}

const isIn = (outcome: Outcome) => 'entered' in outcome && outcome.entered.length === 1

for (const as of ['private', 'guest'] as const) {
  for (const way of WAYS) {
    t.test(
      `${way.what}: it takes of the rate of joins, and what it took is missing for all others: ${as}`,
      async (t) => {
        const bench = await openBench(t, as, { RATE_JOINS_PER_USER: String(RATE) })
        let entered = 0
        let last = await way.enter(bench, await bench.open())
        for (; isIn(last) && entered < 100; last = await way.enter(bench, await bench.open())) entered++
        t.ok(entered >= BURST && entered <= BURST + 2, `${entered} passed`)
        for (const other of WAYS) {
          const refused = await other.enter(bench, await bench.open())
          t.match(refused, { code: /^(RATE_LIMITED|4004)$/ }, other.what)
          t.ok('retryAfterMs' in refused && refused.retryAfterMs > 0, 'with a time')
        }
        for (const other of WAYS) {
          await bench.pass(BURST * 1_000)
          t.ok(isIn(await other.enter(bench, await bench.open())), `later: ${other.what}`)
        }
      },
    )
  }

  t.test(
    `a session that comes back takes as many as it has rooms, and is put off with all of them: ${as}`,
    async (t) => {
      const bench = await openBench(t, as, { RATE_JOINS_PER_USER: String(RATE) })
      const rooms = [await bench.fresh(), await bench.fresh(), await bench.fresh()]
      let client = await bench.open()
      for (const room_id of rooms) await client.ask(EVENT.roomJoin, { room_id })
      client.cut()
      client = await client.resume(null)
      t.strictSame(client.ready['rooms'], rooms, 'overdrawn')
      client.cut()
      const putOff = await client.resume(null)
      t.match(putOff.closed, { code: 4004, reason: /retry_after_ms/ })
      t.equal(putOff.frames.length, 0)
      await bench.pass(2 * BURST * 1_000)
      t.match((await client.resume(null)).ready, { recovered: true, rooms }, 'nothing is lost by that')
    },
  )

  t.test(`a connection is in no more rooms than it may be, by whatever way: ${as}`, async (t) => {
    const bench = await openBench(t, as, { MAX_ROOMS_PER_CONNECTION: String(ROOMS_MAX) })
    for (const way of WAYS.slice(0, -1)) {
      const client = await bench.open()
      for (let i = 0; i < ROOMS_MAX; i++) {
        t.match(await client.ask(EVENT.roomJoin, { room_id: await bench.fresh() }), { success: true })
      }
      t.match(await way.enter(bench, client), { code: 'ROOM_LIMIT' }, way.what)
    }
    const client = await bench.open()
    client.cut()
    const named = await Promise.all(Array.from({ length: ROOMS_MAX + 1 }, () => bench.fresh()))
    const back = await client.resume(named)
    t.equal((back.ready['rooms'] as string[]).length, ROOMS_MAX, 'a resume')
  })
}
