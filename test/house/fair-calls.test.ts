import t, { type Test } from 'tap'
import { REQUESTS } from '../../src/protocol/event-facts.ts'
import { EVENT, type EventType } from '../../src/protocol/events.ts'
import type { Connection } from '../../src/session/connection.ts'
import { openGames, type OpenGames } from '../helpers/games/open-games.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

/** Each call takes a turn of the event loop: that is, none is done at once while others wait. */
const SLOW_PRIMARY = { CALL_SLICE: '0s', WORKERS: '1', RATE_MESSAGES: '10000' }
/** As many as a connection may have under way. */
const GREEDY = 200
const HONEST_AFTER_MAX = 3

/** What a connection asks of each type that the primary is asked for; in a room that both are in, if it is about one. */
const PAYLOADS: Readonly<Partial<Record<EventType, (client: PlainClient) => object>>> = {
  [EVENT.broadcast]: () => ({ message: 'x' }),
  [EVENT.sendMessage]: ({ userId }) => ({ target_user_id: userId, text: 'x' }),
  [EVENT.buyGood]: () => ({ good_id: 'none', count: 1 }),
  [EVENT.roomJoin]: () => ({ room_id: 'plain' }),
  [EVENT.roomLeave]: () => ({ room_id: 'plain' }),
  [EVENT.roomFind]: () => ({ game: 'none' }),
  [EVENT.roomList]: () => ({ game: 'counter' }),
  [EVENT.roomInput]: () => ({ name: 'add', input: { by: 1 } }),
  [EVENT.roomSnapshot]: () => ({}),
  // Those who ask for the same one are answered by the same read.
  [EVENT.stateGet]: ({ userId }) => (userId === 'honest' ? { room_id: 'plain' } : {}),
  [EVENT.presenceList]: () => ({}),
}
const IN_A_GAME: readonly EventType[] = [EVENT.roomInput, EVENT.roomSnapshot]

t.test('each type of request that the primary is asked for is looked at', async (t) => {
  const asked = Object.entries(REQUESTS).filter(([, { isLocal }]) => isLocal !== true)
  t.strictSame(
    asked.map(([eventType]) => eventType),
    Object.keys(PAYLOADS),
  )
})

for (const [eventType, payloadOf] of Object.entries(PAYLOADS) as [EventType, (client: PlainClient) => object][]) {
  t.test(`${GREEDY} requests of one connection do not keep another one waiting: ${eventType}`, async (t) => {
    const { greedy, honest, room } = await openTwo(t, eventType)
    const order: string[] = []
    for (const { name, connection } of [greedy, honest]) noteReplies(connection, () => order.push(name))
    const ask = ({ connection, client, dispatch }: Asking, i: number) => {
      const request = { id: `${i}`, eventType, payload: payloadOf(client), ...(room === undefined ? {} : { room }) }
      dispatch(connection, Buffer.from(JSON.stringify(request)))
    }
    for (let i = 0; i < GREEDY; i++) ask(greedy, i)
    ask(honest, GREEDY)
    await greedy.client.until(() => order.includes('honest'))
    const before = order.indexOf('honest')
    t.ok(before <= HONEST_AFTER_MAX, `it was answered behind ${before} of the other`)
  })
}

interface Asking {
  readonly name: string
  readonly client: PlainClient
  readonly connection: Connection
  readonly dispatch: (connection: Connection, bytes: Uint8Array) => void
}

async function openTwo(t: Test, eventType: EventType) {
  const games = await openGames(t, { env: SLOW_PRIMARY })
  const [greedy, honest] = await games.enterAll('greedy', 'honest')
  if (!greedy || !honest) throw new Error('nobody')
  const room = IN_A_GAME.includes(eventType) ? await playTogether(games, greedy, honest) : undefined
  for (const client of [greedy, honest]) await client.ask(EVENT.roomJoin, { room_id: 'plain' })
  const { sessions, dispatch } = games.house.worker(0).parts.realTime
  const asking = (name: string, client: PlainClient): Asking => {
    const connection = [...sessions.all.values()].find(({ userId }) => userId === name)
    if (!connection) throw new Error(`${name} is not connected`)
    return { name, client, connection, dispatch: (from, bytes) => dispatch.frame(from, { bytes }, false) }
  }
  return { greedy: asking('greedy', greedy), honest: asking('honest', honest), room }
}

async function playTogether({ find }: OpenGames, ...clients: readonly PlainClient[]): Promise<string> {
  const rooms: string[] = []
  for (const client of clients) rooms.push(await find(client))
  return rooms[0] ?? ''
}

/**
 * The primary's replies, in the order in which the worker sends them: on the way to clients it may change. Whoever has left a room is refused
 * by the worker when it leaves again.
 */
function noteReplies(connection: Connection, note: () => void): void {
  const { socket } = connection
  const send = socket.send.bind(socket)
  socket.send = (frame) => {
    const text = String(frame)
    if (text.includes('core.game.reply') && !text.includes('NOT_IN_ROOM')) note()
    send(frame)
  }
}
