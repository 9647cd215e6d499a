import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz, simulate } from 'drumbeat/game/testing'
import game from './game.ts'

test('a player runs, and stops at the edge', () => {
  const room = simulate(game, { seed: 1 })
  room.join('ann')
  room.input('ann', 'run', { dx: 1, dy: 0 })
  room.advance(10_000)
  assert.equal(room.state.players.ann?.x, 100)
  assert.deepEqual(room.failures, [])
})

test('a bot that is alone with a player who stands still wins', () => {
  const room = simulate(game, { seed: 1 })
  room.join('ann')
  room.advance(120_000)
  assert.deepEqual(room.result, { winner: room.left.find(({ user }) => user !== 'ann')?.user })
  assert.deepEqual(room.failures, [])
})

test('random players find nothing that is wrong', () => {
  fuzz(game, { seeds: 10 })
})
