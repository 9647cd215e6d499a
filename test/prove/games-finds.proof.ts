/**
 * `npm run prove -- games-finds`: G7. FINDS=10000 players search for a room of a game of four seats at once, each on a connection of its own, in
 * three rounds: all for the same room, for rooms of seven maps, and half of them with two connections each. Every player gets a
 * seat, no room has more players than seats, and there are as many rooms as are needed and no more. The times are told.
 */
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { backoffMs } from '../../src/client/timing.ts'
import { openConnections } from '../../src/load/open-connections.ts'
import { EVENT } from '../../src/protocol/events.ts'
import { percentile } from '../helpers/percentile.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { gameFile } from './games/crowd.ts'
import { WireClient, type WireReply } from './games/wire-client.ts'
import { metricOf } from './server-vitals.ts'

const FINDS = Number(process.env['FINDS'] ?? 10_000)
const SEATS = 4
const GAME = 'quartet'
const MAPS = 7
const PAGE = 1000
const COME_AGAIN = new Set(['UNAVAILABLE', 'OVERLOADED', 'OUTCOME_UNKNOWN'])
const BACKOFF = { baseMs: 500, maxMs: 8_000 }
const METRICS_MS_MAX = 5_000
const EMPTIED_MS_MAX = 60_000
const LOOK_MS = 500
const ASKED_MS_MAX = 60_000

interface Seeker {
  readonly client: WireClient
  readonly map: string
}

interface Found extends Seeker {
  readonly user: string
  readonly reply: WireReply
  /** From its first request to the answer that counts. */
  readonly ms: number
  /** Codes and words with which it was asked to come again. */
  readonly refusals: readonly string[]
}

interface ListedRoom {
  readonly room_id: string
  readonly seats: number
  readonly listing: { readonly map: string }
}

t.setTimeout(600_000)

t.test(`${FINDS} searches at once for rooms of ${SEATS} seats`, async (t) => {
  // One server. Players are spread over all that are here.
  const servers = [
    await startServer(t, { WORKERS: '2', GAME_HOSTS: '2', GAMES: gameFile(GAME), ROOM_GAME_EMPTY: '1s' }),
  ]
  const clients: WireClient[] = []
  t.teardown(() => clients.forEach((client) => client.cut()))
  /** Those with a second connection are the first half of the users. */
  await openConnections([], [0, FINDS * 1.5], (i) => {
    const client = new WireClient(servers[i % servers.length] as TestServer, `p-${i % FINDS}`)
    clients[i] = client
    return client.connection
  })
  const first = clients.slice(0, FINDS)
  const second = clients.slice(FINDS)

  await round(t, servers, { name: 'one map', seekers: first.map((client) => ({ client, map: 'all' })) })
  const byMap = first.map((client, i) => ({ client, map: `map-${i % MAPS}` }))
  await round(t, servers, { name: `${MAPS} maps`, seekers: byMap })
  const twice = second.flatMap((other, i) => [first[i] as WireClient, other].map((client) => ({ client, map: 'all' })))
  await round(t, servers, { name: 'two connections each', seekers: twice })

  const closed = clients.flatMap(({ user, connection }) => (connection.closed ? [`${user}: ${connection.closed}`] : []))
  t.strictSame(closed.slice(0, 5), [], 'nobody was closed')
})

/** All search at once, the result is checked, and all leave. */
async function round(
  t: Test,
  servers: readonly TestServer[],
  { name, seekers }: { readonly name: string; readonly seekers: readonly Seeker[] },
): Promise<void> {
  const startedMs = performance.now()
  const found = await Promise.all(seekers.map(find))
  const tookMs = performance.now() - startedMs
  tell(t, name, { found, tookMs })
  const refused = found.filter(({ reply }) => !reply.success).map(({ reply }) => reply.error)
  t.strictSame(refused.slice(0, 3), [], `${name}: ${refused.length} searches were refused`)
  checkSeats(t, name, found)
  await checkServers(t, servers, { name, found })
  const stayed = (await Promise.all(found.map(leave))).filter((code) => code !== undefined)
  t.strictSame(stayed.slice(0, 5), [], `${name}: all have left`)
  const untilMs = performance.now() + EMPTIED_MS_MAX
  let rooms = await listRooms(servers)
  while (rooms.length > 0 && performance.now() < untilMs) {
    await sleep(LOOK_MS)
    rooms = await listRooms(servers)
  }
  t.strictSame(rooms.slice(0, 3), [], `${name}: ${rooms.length} rooms are left`)
}

/** Users have one seat each, in one room, however often they searched; rooms have the players that they may have. */
function checkSeats(t: Test, name: string, found: readonly Found[]): void {
  const rooms = Map.groupBy(
    found.filter(({ reply }) => reply.success),
    ({ reply }) => reply.data?.room_id ?? '',
  )
  const usersOf = (some: readonly Found[]) => new Set(some.map(({ user }) => user))
  const seats = [...rooms.values()].map((some) => usersOf(some).size)
  const wrongSeats = found.filter(({ user, reply }) => reply.success && reply.data?.game?.seat !== user)
  t.equal(wrongSeats.length, 0, `${name}: each is told of a seat of its own`)
  t.equal(seats.filter((count) => count > SEATS).length, 0, `${name}: no room has more than ${SEATS} players`)
  t.equal(sum(seats), usersOf(found).size, `${name}: each player is in one room`)
  t.equal(rooms.size, roomsNeeded(found), `${name}: as many rooms as players need`)
  const strayed = [...rooms.values()].filter((some) => new Set(some.map(({ map }) => map)).size > 1)
  t.equal(strayed.length, 0, `${name}: all of a room have searched for its map`)
}

/** What the server lists is what the players were told. */
async function checkServers(
  t: Test,
  servers: readonly TestServer[],
  { name, found }: { readonly name: string; readonly found: readonly Found[] },
): Promise<void> {
  const users = new Map<string, Set<string>>()
  for (const { user, reply } of found) {
    const room = reply.data?.room_id
    if (room !== undefined) users.set(room, (users.get(room) ?? new Set()).add(user))
  }
  const told = new Set([...users].map(([id, { size }]) => `${id}: ${size}`))
  const rooms = await listRooms(servers)
  const listed = new Set(rooms.map(({ room_id, seats }) => `${room_id}: ${seats}`))
  t.equal(listed.size, rooms.length, `${name}: no room is listed twice`)
  t.strictSame([...listed.difference(told)].slice(0, 5), [], `${name}: all rooms of the server are those of answers`)
  t.strictSame([...told.difference(listed)].slice(0, 5), [], `${name}: all rooms of answers are those of the server`)
  const counted = async (metric: string) => sum((await Promise.all(servers.map((one) => metricOf(one, metric)))).flat())
  const seats = sum([...users.values()].map(({ size }) => size))
  await holdsWithin(async () => (await counted('drumbeat_game_seats')) === seats, METRICS_MS_MAX)
  t.equal(await counted('drumbeat_game_seats'), seats, `${name}: hosts have these seats taken and no other`)
  t.equal(await counted('drumbeat_game_rooms'), users.size, `${name}: hosts run these rooms and no other`)
}

async function find({ client, map }: Seeker): Promise<Found> {
  const sentMs = performance.now()
  const request = { game: GAME, where: { map }, options: { map } }
  const { reply, refusals } = await askAgain(client, EVENT.roomFind, request)
  return { client, user: client.user, map, reply, ms: performance.now() - sentMs, refusals }
}

/** Returns the code with which that was refused. For the second connection of a user there may be nothing to leave any more. */
async function leave({ client, reply }: Found): Promise<string | undefined> {
  const room = reply.data?.room_id
  if (room === undefined) return undefined
  const left = await askAgain(client, EVENT.roomLeave, { room_id: room })
  return left.reply.error?.code === 'NOT_IN_ROOM' ? undefined : left.reply.error?.code
}

/** Whoever is asked to come again does, and waits for longer each time. */
async function askAgain(client: WireClient, eventType: string, payload: object) {
  const untilMs = performance.now() + ASKED_MS_MAX
  const refusals: string[] = []
  for (;;) {
    const reply = await client.ask(eventType, payload)
    const { code = '', message, details } = reply.error ?? {}
    if (!COME_AGAIN.has(code) || performance.now() > untilMs) return { reply, refusals }
    await sleep((details?.retry_after_ms ?? 0) + backoffMs(refusals.length, BACKOFF))
    refusals.push(`${code} (${message})`)
  }
}

function roomsNeeded(found: readonly Found[]): number {
  const users = new Map<string, Set<string>>()
  for (const { user, map } of found) users.set(map, (users.get(map) ?? new Set()).add(user))
  return sum([...users.values()].map(({ size }) => Math.ceil(size / SEATS)))
}

async function listRooms(servers: readonly TestServer[]): Promise<readonly ListedRoom[]> {
  const rooms: ListedRoom[] = []
  for (const server of servers) {
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = `game=${GAME}&limit=${PAGE}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
      const page = (await server.admin('GET', `/api/v1/rooms?${query}`)) as {
        readonly items: readonly ListedRoom[]
        readonly next_cursor: string | null
      }
      rooms.push(...page.items)
      cursor = page.next_cursor
    }
  }
  return rooms
}

function tell(t: Test, name: string, { found, tookMs }: { readonly found: readonly Found[]; readonly tookMs: number }) {
  const ms = found.map((one) => one.ms)
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(ms, share).toFixed(0))
  const rate = (found.length / tookMs) * 1000
  t.comment(
    `${name}: ${found.length} searches in ${(tookMs / 1000).toFixed(2)} s, ${rate.toFixed(0)} a second; answers p50 ${p50} ms, p99 ${p99} ms, at most ${max} ms`,
  )
  const again = found.flatMap(({ refusals }) => refusals)
  const codes = [...Map.groupBy(again, (code) => code)].map(([code, all]) => `${code} ${all.length}`)
  t.comment(`${name}: asked to come again ${again.length} times: ${codes.join(', ')}`)
  t.comment(
    `load of the machine ${loadavg()
      .map((one) => one.toFixed(1))
      .join(', ')}`,
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
