/** Every frame of real sessions, judged by the schemas; a field that no schema names is a mistake. */
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { EVENT } from '../../src/protocol/events.ts'
import { commandSchema, type CommandName } from '../../src/protocol/shapes/commands.ts'
import { EVENTS, eventTypeOf, type EventName } from '../../src/protocol/shapes/events.ts'
import { schemasOf } from '../../src/worker/routes.ts'
import { openClient, type Frame, type Reply, type TestClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { createValidators, said } from './schemas.ts'

const validators = createValidators(schemasOf(loadConfig({ env: {} }).settings), true)
/** What only rooms with games answer and tell. */
const OF_GAMES: ReadonlySet<string> = new Set([
  'roomFind',
  'roomList',
  'roomInput',
  'roomSnapshot',
  'RoomPatchEvent',
  'RoomSnapshotEvent',
  'RoomStatusEvent',
  'RoomOverEvent',
  'RoomMessageEvent',
  'RoomRewardEvent',
])
const EVENT_NAMES = Object.keys(EVENTS) as EventName[]

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`every frame is as its schema says, in ${encoding}`, async (t) => {
    const server = await startServer(t, { WORKERS: '1' })
    await server.admin('POST', '/api/v1/players/alice/credit', {
      currency: 'gold',
      amount: 1000,
      idempotency_key: 'a-key-of-sixteen-characters',
    })
    await server.admin('POST', '/api/v1/rooms', { room_id: 'fast', namespace: 'private', delivery: 'latest' })
    const seen = new Set<string>()
    const judge = (frame: Frame | Reply, name: string) => {
      const validate = validators.of(name)
      t.ok(validate(frame), `${name}: ${said(validate)} ${JSON.stringify(frame).slice(0, 300)}`)
      seen.add(name)
    }
    const judgeAll = ({ frames }: TestClient) => {
      for (const frame of frames) {
        const name = EVENT_NAMES.find((one) => eventTypeOf(one) === frame.eventType)
        if (name) judge(frame, name)
        if (name?.endsWith('Event') && 'offset' in frame) judge(frame, 'Event')
        else if (!name) t.equal(frame.eventType, 'core.game.reply')
      }
    }
    const ask = async (client: TestClient, command: CommandName, payload: object, extra: object = {}) => {
      const reply = await client.request(EVENT[command], payload, { ...extra })
      judge(reply, reply.success ? commandSchema(command, 'Reply') : 'ErrorReply')
      return reply
    }

    const alice = await openClient(server, { token: server.mint('alice'), encoding })
    const bob = await openClient(server, { token: server.mint('bob'), encoding })
    for (const client of [alice, bob]) t.teardown(() => client.terminate())
    for (const room_id of ['arena', 'fast']) await ask(alice, 'roomJoin', { room_id, options: {} })
    await ask(bob, 'roomJoin', { room_id: 'arena' })
    const traced = { traceparent: TRACEPARENT }
    await ask(
      alice,
      'broadcast',
      { message: { x: [1, null, 'é'] }, retain: true, note: 1 },
      { room: 'arena', ...traced },
    )
    await ask(alice, 'broadcast', { message: 1 }, { room: 'fast' })
    await ask(alice, 'broadcast', { message: 2, delivery: 'latest', key: 'hp' })
    await ask(bob, 'sendMessage', { target_user_id: 'alice', text: 'hello' })
    await ask(bob, 'sendMessage', { target_user_id: 'alice', data: { x: 1 } }, traced)
    const key = { idempotency_key: 'another-key-of-many-characters' }
    for (let n = 0; n < 2; n++) await ask(alice, 'buyGood', { good_id: 'sword', count: 1, ...key })
    await ask(alice, 'stateGet', { room_id: 'arena' })
    await ask(alice, 'presenceList', { room_id: 'arena', limit: 1 })
    await ask(alice, 'sessionPing', {})
    await ask(alice, 'sessionRefresh', { token: server.mint('alice') })

    const refused: [TestClient, CommandName, object, string][] = [
      [bob, 'buyGood', { good_id: 'sword', count: 1 }, 'INSUFFICIENT_FUNDS'],
      [bob, 'buyGood', { good_id: 'sword', count: 1, expected_price: 1 }, 'PRICE_CHANGED'],
      [bob, 'buyGood', { good_id: 'none', count: 1 }, 'GOOD_NOT_FOUND'],
      [bob, 'sendMessage', { target_user_id: 'nobody', text: 'x' }, 'USER_OFFLINE'],
      [bob, 'roomLeave', { room_id: 'fast' }, 'NOT_IN_ROOM'],
      [bob, 'broadcast', {}, 'BAD_REQUEST'],
      [bob, 'sessionRefresh', { token: 'none' }, 'TOKEN_INVALID'],
    ]
    for (const [client, command, payload, code] of refused) {
      t.equal((await ask(client, command, payload)).error?.code, code)
    }
    t.equal(
      (await ask(bob, 'roomInput', { name: 'place', input: 1 }, { room: 'arena', ...traced })).error?.code,
      'FORBIDDEN',
    )
    bob.send({ eventType: 'core.game.none', payload: {} })
    const isUnnamed = ({ success, replyTo }: Frame) => success === false && replyTo === undefined
    judge(await bob.next(isUnnamed), 'ErrorReply')

    await ask(bob, 'roomLeave', { room_id: 'arena' })
    await alice.next(({ eventType }) => eventType === 'core.game.presence.left')
    const { resume_token, epoch, offset } = alice.ready
    alice.terminate()
    const query = { resume: String(resume_token), since: `${String(epoch)}:${String(offset)}`, rooms: 'arena' }
    const again = await openClient(server, { token: server.mint('alice'), encoding, query })
    t.teardown(() => again.terminate())
    t.equal(again.ready['recovered'], true)
    const lost = await openClient(server, { token: server.mint('alice'), encoding, query: { ...query, since: 'e0:1' } })
    t.teardown(() => lost.terminate())
    t.equal(lost.ready['reason'], 'EPOCH_CHANGED')
    await server.stop()
    for (const client of [alice, bob, again, lost]) judgeAll(client)

    const commands = Object.keys(EVENT) as CommandName[]
    const replies = commands.filter((name) => !OF_GAMES.has(name)).map((name) => commandSchema(name, 'Reply'))
    for (const name of [...EVENT_NAMES.filter((each) => !OF_GAMES.has(each)), ...replies, 'ErrorReply'])
      t.ok(seen.has(name), `${name} was seen`)
  })
}
