import t from 'tap'
import { connected, joined, until } from './setup.ts'

const retained = (message: unknown) => ({ room: 'arena', payload: { message: message as string, retain: true } })

t.test('a store has the state, and every retained broadcast changes it', async (t) => {
  const { client, peer } = await connected(t)
  await joined(client, peer, 'arena', 41)
  const arena = client.state('arena')
  t.equal(arena.value, undefined)
  const values: unknown[] = []
  const stop = arena.subscribe((value) => values.push(value))
  const get = await peer.receive()
  t.match(get, { eventType: 'core.game.state.get', payload: { room_id: 'arena' } })
  peer.event(44, 41, retained('newer'))
  peer.reply(get, { state: 'older', offset: 43 })
  peer.event(45, 44, { room: 'arena', payload: { message: 'not kept' } })
  peer.event(46, 41, { payload: { message: 'of the namespace', retain: true } })
  peer.event(47, 45, retained('newest'))
  await until(() => arena.value === 'newest')
  t.same(values, ['newer', 'newest'], 'an answer that is older than an event does not undo it')
  const late: unknown[] = []
  const stopLate = arena.subscribe((value) => late.push(value))
  t.same(late, ['newest'], 'who comes later is told at once')
  stopLate()
  stop()
  peer.event(48, 47, retained('unheard'))
  await client.once('*')
  t.equal(arena.value, 'newest')
  t.same(values, ['newer', 'newest'])
})

t.test('after a gap it is fetched anew, also where offsets begin anew', async (t) => {
  const { server, client, peer } = await connected(t)
  await joined(client, peer, 'arena', 41)
  const arena = client.state('arena')
  const values: unknown[] = []
  arena.subscribe((value) => values.push(value))
  peer.reply(await peer.receive(), { state: null, offset: 41 })
  await until(() => values.length === 1)
  peer.cut()
  const next = await server.accept()
  next.resumed({ recovered: false, reason: 'EPOCH_CHANGED', epoch: 'e8', offset: 3, rooms: ['arena'] })
  next.reply(await next.receive(), { state: { round: 2 }, offset: 3 })
  await until(() => values.length === 2)
  t.same(values, [null, { round: 2 }])
})

t.test('a state that the server does not give is told as an error', async (t) => {
  const { client, peer } = await connected(t)
  const failed = client.once('error')
  client.state('secret').subscribe(() => t.fail('there is none'))
  peer.refuse(await peer.receive(), 'NOT_IN_ROOM')
  t.match(await failed, { code: 'NOT_IN_ROOM' })
})
