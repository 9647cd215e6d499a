/**
 * A worker that does not read: what the primary keeps for it has a bound, whatever the clients of other workers do, so that MEMORY_LIMIT is not passed
 * by that. They are told OVERLOADED, and all of it arrives when the worker reads again.
 */
import t from 'tap'
import { EVENT } from '../../src/protocol/events.ts'
import { lap } from '../helpers/games/lap.ts'
import { openPlayers } from '../helpers/games/players.ts'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { realHost } from '../helpers/house/real-host.ts'

const QUEUE_BYTES = 64 * 1024
/** Four times as much may be owed, and what one slice of the event loop adds. */
const OWED_BYTES_MAX = 6 * QUEUE_BYTES
/** The supervisor ends a worker that does not answer for longer. */
const STOPPED_MS = 6_000
const STEP_MS = 50
/** Limits of clients are far away: only the link is in their way. */
const FAR = {
  RATE_MESSAGES: '100000',
  RATE_BYTES: '1GiB',
  RATE_LOG_BYTES_PER_USER: '1GiB',
  BROADCAST_BYTES: '1GiB',
  BROADCAST_BYTES_PER_USER: '1GiB',
  MESSAGE_BYTES: '1GiB',
  MESSAGE_BYTES_PER_SENDER: '1GiB',
  RATE_JOINS_PER_USER: '100000',
  HISTORY_FLOOR: '0s',
  LINK_QUEUE_BYTES: String(QUEUE_BYTES),
}

/** Twenty patches a second of each: more in STOPPED_MS than may be owed. */
const ROOMS = 100

interface Actors extends OpenHouse {
  /** At the worker that does not read. */
  readonly reader: PlainClient
  readonly others: readonly PlainClient[]
  /** A room with a game, in which all are. */
  readonly game: string
}

/** What is done all the time, and whether it is refused above the bound. */
const LOADS: Readonly<
  Record<string, { readonly isRefused: boolean; readonly run: (actors: Actors, n: number) => void }>
> = {
  'events to all': {
    isRefused: true,
    run: ({ others }) => {
      for (const other of others) other.request(EVENT.broadcast, { message: 'x'.repeat(10_000) })
    },
  },
  'messages to one user': {
    isRefused: true,
    run: ({ others, reader }) => {
      for (const other of others) {
        other.request(EVENT.sendMessage, { target_user_id: reader.userId, text: 'x'.repeat(10_000) })
      }
    },
  },
  'joins and leaves': {
    isRefused: false,
    run: ({ others }) => {
      for (const other of others) {
        for (let i = 0; i < 5; i++) {
          other.request(EVENT.roomLeave, { room_id: 'r' })
          other.request(EVENT.roomJoin, { room_id: 'r' })
        }
      }
    },
  },
  'inputs of a game': {
    isRefused: false,
    run: ({ others, game }) => {
      for (const other of others) {
        for (let i = 0; i < 20; i++) other.request(EVENT.roomInput, { name: 'go', input: { by: 1 } }, { room: game })
      }
    },
  },
}

for (const [what, { isRefused, run }] of Object.entries(LOADS)) {
  t.test(`${what}: what is owed to a worker that does not read is bounded`, async (t) => {
    const opened = await openHouse(t, { startHost: realHost([lap]), env: { ...FAR, WORKERS: '2', GAME_HOSTS: '1' } })
    const { house, enter, pass } = opened
    const [stopped, busy] = [house.worker(0), house.worker(1)]
    const reader = await enter('reader', { worker: stopped })
    const others = await Promise.all([1, 2, 3].map((n) => enter(`other-${n}`, { worker: busy })))
    let game = ''
    for (const client of [reader, ...others]) {
      await client.ask(EVENT.roomJoin, { room_id: 'r' })
      game = (await client.ask(EVENT.roomFind, { game: 'lap' })).data?.['room_id'] as string
    }
    await pass(1_000)
    const links = house.node.workers.listening.map(({ link }) => link)
    const owed = () => Math.max(...links.map(({ queuedBytes }) => queuedBytes))
    let most = 0
    stopped.freeze()
    for (let passedMs = 0; passedMs < STOPPED_MS; passedMs += STEP_MS) {
      run({ ...opened, reader, others, game }, passedMs)
      await pass(STEP_MS)
      most = Math.max(most, owed())
    }
    t.comment(`${what}: ${most} bytes at most`)
    t.ok(most > 0 && most <= OWED_BYTES_MAX, `${most} of ${OWED_BYTES_MAX} bytes`)
    const codes = new Set(others.flatMap(({ replies }) => replies.flatMap(({ error }) => error?.code ?? [])))
    if (isRefused) t.strictSame([...codes], ['OVERLOADED'])
    stopped.thaw()
    await pass(2_000)
    t.equal(owed(), 0)
    t.notOk(stopped.hasEnded)
    t.equal(reader.closed, undefined)
    await others[0]?.ask(EVENT.broadcast, { message: 'last' })
    await reader.until(() => reader.heard.includes('last'))
  })
}

t.test('patches of games: above the bound they are left out, and clients ask for what they missed', async (t) => {
  const env = { ...FAR, WORKERS: '1', GAME_HOSTS: '1', MAX_ROOMS_PER_CONNECTION: String(ROOMS) }
  const { house, enter, pass, player, make, settle, until, allSee } = await openPlayers(t, [lap], { env })
  const worker = house.worker(0)
  const alice = await player('alice')
  const room = await settle(alice.enter<typeof lap>(await make('lap')))
  const reader = await enter('reader')
  for (let i = 0; i < ROOMS; i++) await reader.ask(EVENT.roomJoin, { room_id: await make('lap') })
  const owed = () => Math.max(...house.node.workers.listening.map(({ link }) => link.queuedBytes))
  let most = 0
  worker.freeze()
  for (let passedMs = 0; passedMs < STOPPED_MS; passedMs += STEP_MS) {
    await pass(STEP_MS)
    most = Math.max(most, owed())
  }
  t.ok(most > QUEUE_BYTES && most <= 2 * QUEUE_BYTES, `${most} bytes`)
  const { tick } = room
  worker.thaw()
  await pass(1_000)
  t.equal(owed(), 0)
  await until(() => room.tick > tick + (2 * STOPPED_MS) / 50)
  await allSee(t, [room])
  t.equal(await settle(room.send.go({ by: 1 })), 1)
  t.notOk(worker.hasEnded)
})
