/** A state that was handed out is the receiver's: changing it changes nothing in the room, nor for others, and nobody's changes while it is read. */
import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { GAME, payloadsOf } from '../helpers/games/open-games.ts'
import { lap } from '../helpers/games/lap.ts'
import { openPlayers, Player } from '../helpers/games/players.ts'
import { Witness } from '../helpers/games/witness.ts'

/** Changes whatever in it can be changed. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const inner of Object.values(value)) spoil(inner)
  if (Array.isArray(value)) value.splice(0, value.length, 999)
  else for (const key of Object.keys(value)) Reflect.set(value, key, 999)
}

t.test(
  'what REST, a list, a join, a snapshot, an event and a message gave may be changed: the room is as before',
  async (t) => {
    const { player, enter, settle, pass, until, allSee, house } = await openPlayers(t, [lap], { seed: 41 })
    const alice = await player('alice')
    const bob = await enter('bob')
    const room = await settle(alice.play<typeof lap>('lap'))
    t.match(await bob.ask(GAME.join, { room_id: room.id }), { success: true })
    const listed = { game: 'lap', where: {}, namespace: 'private' as never, limit: 10, cursor: null }
    const inspected = { room: room.id as RoomId }
    alice.client.on('*', (event) => spoil(event))
    room.on('gone', (event) => spoil(event))
    let sum = 0
    for (let round = 0; round < 10; round++) {
      t.equal(await settle(room.send.go({ by: 1 })), ++sum)
      spoil(await house.ask('gameRoom', inspected))
      spoil(await house.ask('gameRooms', listed))
      spoil(await house.ask('games', null))
      spoil(await settle(alice.client.request(GAME.snapshot, {}, { room: room.id })))
      spoil(await settle(alice.client.request(GAME.list, { game: 'lap' })))
      spoil(await settle(alice.client.request(GAME.join, { room_id: room.id })))
      spoil(bob.frames)
      bob.frames.length = 1
      await pass(200)
      t.match(await house.ask('gameRooms', listed), {
        items: [{ room_id: room.id, seats: 2, listing: { players: 2 } }],
      })
    }
    await until(() => room.state.sum === sum)
    t.strictSame(payloadsOf(bob, GAME.status), [])
    await allSee(t, [room])
  },
)

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(
    `a state that was read stays as it was, and parts that did not change are the same objects: ${encoding}`,
    async (t) => {
      const { player, settle, pass, allSee } = await openPlayers(t, [lap], { seed: 42 })
      // Its witness freezes each state when it comes.
      const alice = await player('alice', { encoding })
      const room = await settle(alice.play<typeof lap>('lap'))
      const read: { readonly state: unknown; readonly text: string }[] = []
      room.subscribe((state) => read.push({ state, text: JSON.stringify(state) }))
      for (let round = 0; round < 20; round++) {
        const { at, past } = room.state
        await settle(room.send.go({ by: 1 }))
        await settle(room.send.lean({ x: round / 4 }))
        await pass(round * 20)
        t.not(room.state.at, at)
        t.equal(room.state.past, past)
        if (round % 5 === 0) await settle(room.send.bot({}).catch(() => {}))
        if (round % 7 === 0) alice.cut()
        await pass(500)
      }
      t.ok(read.length > 200)
      t.ok(read.every(({ state, text }) => JSON.stringify(state) === text))
      t.equal(new Set(read.map(({ state }) => state)).size, read.length, 'each is an object of its own')
      await allSee(t, [room])
    },
  )

  t.test(`a client that changes its own state gets the right one again: ${encoding}`, async (t) => {
    const { player, settle, pass, until, allSee, house } = await openPlayers(t, [lap], { seed: 43 })
    const bob = await player('bob')
    // Nobody freezes what it has.
    const alice = await settle(Player.open(house, NO_WITNESS, { user: 'alice', encoding }))
    const other = await settle(bob.play<typeof lap>('lap'))
    const room = await settle(alice.play<typeof lap>('lap'))
    for (let round = 1; round <= 5; round++) {
      t.equal(await settle(room.send.go({ by: 1 })), round)
      spoil(room.state.past)
      spoil(room.state.at)
      await pass(1_500)
      t.strictSame(room.state.past, { bob: ['join'], alice: ['join'] })
      t.match(room.state.at, { alice: { steps: round }, bob: { steps: 0 } })
    }
    await until(() => other.tick >= room.tick)
    await allSee(t, [other])
    t.strictSame([alice.changes, bob.changes], [[], []])
  })
}

const NO_WITNESS = Object.assign(new Witness(), { watch: () => {} })
