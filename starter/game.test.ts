import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz, simulate } from 'drumbeat/game/testing'
import game, { SPEED, WIDTH } from './game.ts'

test('a player runs, and stops at the edge', () => {
  // By this seed no coin is on the way.
  const room = simulate(game, { seed: 1 })
  room.join('ann')
  const reply = room.input('ann', 'run', { dx: 1, dy: 0 })
  assert.ok(reply.ok, `run was refused: ${reply.message}`)
  room.advance((WIDTH / SPEED) * 1_000 + 100)
  assert.ok(!room.ending, `the match is over before ann is at the edge: ${JSON.stringify(room.ending)}`)
  assert.equal(room.state.players.ann?.x, WIDTH)
  assert.deepEqual(room.failures, [])
})

test('a player who stands still cannot dash', () => {
  const room = simulate(game, { seed: 1 })
  room.join('ann')
  assert.equal(room.input('ann', 'dash', {}).code, 'STANDING_STILL')
  room.input('ann', 'run', { dx: 1, dy: 0 })
  const reply = room.input('ann', 'dash', {})
  assert.ok(reply.ok, `dash was refused: ${reply.message}`)
  assert.deepEqual(room.failures, [])
})

test('a bot that is alone with a player who stands still wins', () => {
  const room = simulate(game, { seed: 1 })
  room.join('ann')
  // As long as nobody has won.
  room.advance(600_000)
  assert.deepEqual(room.failures, [])
  // Nobody is told that a bot was refused: it stands here.
  assert.ok(
    room.ending,
    `nobody has won in ten minutes; of the bot was refused: ${JSON.stringify(room.refusals.at(-1))}`,
  )
  assert.deepEqual(room.result, { winner: room.left.find(({ user }) => user !== 'ann')?.user })
})

test('random players find nothing that is wrong', () => {
  fuzz(game, { seeds: 10 })
})
