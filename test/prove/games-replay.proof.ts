/**
 * `npm run prove -- games-replay`: MATCHES=10000 are recorded, and each is played again by another process: it has to come to the same hash and the same whole
 * state each second. They are played on the real primary and real hosts in one process, in simulated time, SECONDS=10 each: with bots, players who come and go and
 * send, chance, timers, tasks; meanwhile hosts are killed and replaced. MATCHES of a game that keeps something beside its state have to be found, all of them.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import type { Game } from '../../src/games/define.ts'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { GAME } from '../helpers/games/open-games.ts'
import { saga } from '../helpers/games/saga.ts'
import { House } from '../helpers/house/house.ts'
import { PlainClient } from '../helpers/house/plain-client.ts'
import { realHost } from '../helpers/house/real-host.ts'
import leaky from './games/leaky-game.ts'
import type { Replayed } from './games/replay-folder.ts'

const MATCHES = Number(process.env['MATCHES'] ?? 10_000)
const SECONDS = Number(process.env['SECONDS'] ?? 10)
/** In one house, before its recordings are replayed. */
const ROOMS = 200
const PLAYERS = 20
const LEAKY = 20
const STEP_MS = 250

t.setTimeout(3_600_000)

interface Totals extends Omit<Replayed, 'differences'> {
  readonly kills: number
  readonly moves: number
  readonly bytes: number
}

t.test(`${MATCHES} matches`, async (t) => {
  const all = { recordings: 0, ticks: 0, hashes: 0, states: 0, unended: 0, torn: 0, kills: 0, moves: 0, bytes: 0 }
  const differences: string[] = []
  let replayMs = 0
  const startedMs = performance.now()
  for (let round = 0; all.recordings < MATCHES; round++) {
    const { folder, kills, moves } = await playRound(saga, Math.min(ROOMS, MATCHES - all.recordings), round)
    const { replayed, tookMs, bytes } = replayAll(folder)
    replayMs += tookMs
    differences.push(...replayed.differences)
    add(all, { ...replayed, kills, moves, bytes })
  }
  const tookS = (performance.now() - startedMs) / 1000
  t.comment(
    `${all.recordings} matches of ${SECONDS} s: ${all.ticks} ticks, ${all.hashes} hashes and ${all.states} whole states compared; ${all.kills} hosts killed, ` +
      `${all.moves} times all of them replaced; ${(all.bytes / all.recordings / 1024).toFixed(1)} KiB a match; ${tookS.toFixed(0)} s in all, ${(replayMs / 1000).toFixed(0)} s of it the replay`,
  )
  t.equal(all.recordings, MATCHES, 'valid: each match has its recording')
  t.ok(all.ticks >= MATCHES * SECONDS * 19, 'valid: they were played')
  t.ok(
    all.hashes >= MATCHES * SECONDS * 0.9 && all.states >= MATCHES * (SECONDS - 2),
    'valid: something was compared each second',
  )
  t.ok(all.kills >= MATCHES / ROOMS && all.moves >= MATCHES / ROOMS / 2, 'valid: hosts died and were replaced')
  t.strictSame(differences.slice(0, 5), [], 'all come to the same, each second')
  t.strictSame([all.unended, all.torn], [0, 0], 'and to the same end')
})

t.test('a game that keeps something beside its state is found each time', async (t) => {
  const { folder } = await playRound(leaky, LEAKY, 1)
  const { replayed } = replayAll(folder)
  t.equal(replayed.recordings, LEAKY)
  t.equal(replayed.differences.length, LEAKY)
  t.comment(`it is said as: ${replayed.differences[0]}`)
})

/** Plays so many matches at once, and leaves their recordings in a folder. */
async function playRound(
  game: Game,
  rooms: number,
  round: number,
): Promise<{ readonly folder: string; readonly kills: number; readonly moves: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drumbeat-replay-'))
  const house = await House.open({
    seed: round + 1,
    recordings: folder,
    startHost: realHost([game]),
    env: { GAME_HOSTS: '2', GAME_RECORDINGS: '100000', RATE_MESSAGES: '1000000', CONNECT_RATE_PER_ADDRESS: '1000000' },
  })
  try {
    const made: RoomId[] = []
    const rest = {
      namespace: 'private' as Namespace,
      isLocked: false,
      password: null,
      idempotencyKey: null,
      record: true,
    }
    for (let i = 0; i < rooms; i++) {
      const options = game === saga ? { gold: i % 200 } : {}
      const { room_id } = await house.ask('gameRoomOpen', { ...rest, game: game.name, options })
      made.push(room_id as RoomId)
      if (game !== saga) continue
      for (let bot = 0; bot < 1 + (i % 3); bot++)
        await house.ask('gameBotAdd', { room: room_id as RoomId, bot: 'wild', idempotencyKey: null })
    }
    const faults = await play(house, game === saga ? made : [], round)
    await house.time.pass(500)
    for (const room of made) await house.ask('roomDelete', { room, ifTag: null })
    await house.time.pass(1_000)
    return { folder, ...faults }
  } finally {
    await house.close()
  }
}

/** Time passes; players come, send and go; hosts die and are replaced. */
async function play(house: House, rooms: readonly RoomId[], round: number): Promise<{ kills: number; moves: number }> {
  const { chance } = house
  const clients: { readonly client: PlainClient; readonly room: RoomId }[] = []
  const some = rooms.slice(0, PLAYERS)
  for (const [i, room] of some.entries()) {
    const client = await PlainClient.open(house, { user: `p${i}` })
    await client.ask(GAME.join, { room_id: room })
    clients.push({ client, room })
  }
  const steps = (SECONDS * 1000) / STEP_MS
  const killAt = new Set([Math.floor(steps / 3), Math.floor((2 * steps) / 3)])
  const moveAt = round % 2 === 0 ? Math.floor(steps / 2) : -1
  let kills = 0
  let moved: Promise<unknown> | undefined
  for (let step = 0; step < steps; step++) {
    const sent: Promise<unknown>[] = []
    for (const { client, room } of clients) {
      if (client.closed) continue
      const name = chance.pick(['go', 'roll', 'ask'] as const)
      const input = { go: { by: chance.integer(0, 300) / 100 }, roll: {}, ask: { what: `w${step}` } }[name]
      // One that is closed meanwhile has no reply.
      sent.push(client.ask(GAME.input, { name, input }, { room }).catch(() => undefined))
    }
    if (clients.length > 0 && step % 9 === 8) await chance.pick(clients).client.close()
    if (killAt.has(step)) {
      const running = house.hosts.filter(({ hasEnded }) => !hasEnded)
      chance.pick(running).kill()
      kills++
    }
    if (step === moveAt) moved = house.node.hostSupervisor.roll({ withinMs: 5_000, graceMs: 0, onReplaced: () => {} })
    await house.time.pass(STEP_MS)
    await Promise.allSettled(sent)
  }
  if (moved) await house.time.settle(moved)
  return { kills, moves: moved ? 1 : 0 }
}

function replayAll(folder: string): { readonly replayed: Replayed; readonly tookMs: number; readonly bytes: number } {
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0)
  const startedMs = performance.now()
  const script = path.join(import.meta.dirname, 'games/replay-folder.ts')
  const said = execFileSync(process.execPath, [script, folder], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  rmSync(folder, { recursive: true })
  return { replayed: JSON.parse(said) as Replayed, tookMs: performance.now() - startedMs, bytes }
}

function add(all: { -readonly [Name in keyof Totals]: number }, more: Totals): void {
  for (const name of Object.keys(all) as (keyof Totals)[]) all[name] += more[name]
}
