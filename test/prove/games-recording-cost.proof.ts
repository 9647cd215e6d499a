/**
 * `npm run prove -- games-recording-cost`: what recordings cost: ROOMS=200 of the sample arena with bots and PLAYERS=2 each who steer, for SECONDS=30, not recorded
 * and recorded, ROUNDS=3 times in turn. Says the CPU of the primary and of the hosts, and the bytes. Judges nothing but that it is valid.
 */
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { encodingOf, gameFile, LOAD_ENV, openPlayers, playAll } from './games/crowd.ts'
import { ProcessWatch, runningProcesses } from './games/node-processes.ts'
import { metricOf } from './server-vitals.ts'

const ROOMS = Number(process.env['ROOMS'] ?? 200)
const PLAYERS = Number(process.env['PLAYERS'] ?? 2)
const SECONDS = Number(process.env['SECONDS'] ?? 30)
const ROUNDS = Number(process.env['ROUNDS'] ?? 3)

t.setTimeout(1_800_000)

interface Cost {
  readonly primary: number
  readonly hosts: number
  readonly fileBytes: number
  readonly journalBytes: number
}

t.test('recorded, and not', async (t) => {
  const costs = { off: [] as Cost[], on: [] as Cost[] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const record of [false, true]) costs[record ? 'on' : 'off'].push(await measure(t, record))
  }
  for (const how of ['off', 'on'] as const) {
    const of = (pick: (cost: Cost) => number) => median(costs[how].map(pick))
    t.comment(
      `${how}: primary ${(100 * of(({ primary }) => primary)).toFixed(1)} % of a core, hosts ${(100 * of(({ hosts }) => hosts)).toFixed(1)} %, ` +
        `${perRoomHour(of(({ fileBytes }) => fileBytes))} of recordings and ${perRoomHour(of(({ journalBytes }) => journalBytes))} of journal a room and hour`,
    )
  }
  t.ok(costs.on.every(({ fileBytes }) => fileBytes > 0) && costs.off.every(({ fileBytes }) => fileBytes === 0), 'valid')
})

async function measure(t: Test, record: boolean): Promise<Cost> {
  const server = await startServer(t, { ...LOAD_ENV, GAMES: gameFile('movers'), GAME_HOSTS: '1' })
  const rooms = await makeRooms(server, record)
  const players = await openPlayers(
    t,
    rooms.flatMap((room, r) =>
      Array.from({ length: PLAYERS }, (_, i) => ({ server, name: `p-${r}-${i}`, room, encoding: encodingOf(i) })),
    ),
  )
  const stop = playAll(players)
  await sleep(3_000)
  const before = { files: bytesIn(server), journal: await journalBytes(server) }
  const watch = new ProcessWatch(runningProcesses(server))
  await sleep(SECONDS * 1000)
  const uses = watch.stop(0)
  const after = { files: bytesIn(server), journal: await journalBytes(server) }
  stop()
  for (const { connection } of players) connection.end()
  await server.stop()
  const shareOf = (kind: string) =>
    uses.filter(({ name }) => name.startsWith(kind)).reduce((sum, { cpuShare }) => sum + cpuShare, 0)
  return {
    primary: shareOf('primary'),
    hosts: shareOf('host'),
    fileBytes: after.files - before.files,
    journalBytes: after.journal - before.journal,
  }
}

async function makeRooms(server: TestServer, record: boolean): Promise<readonly string[]> {
  const rooms: string[] = []
  for (let i = 0; i < ROOMS; i++) {
    const body = { namespace: 'private', game: 'movers', options: {}, record }
    rooms.push(((await server.admin('POST', '/api/v1/rooms', body)) as { readonly room_id: string }).room_id)
  }
  return rooms
}

function bytesIn({ dataDir }: TestServer): number {
  const folder = path.join(dataDir, 'recordings')
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0)
}

async function journalBytes(server: TestServer): Promise<number> {
  const [bytes = 0] = await metricOf(server, 'drumbeat_game_journal_bytes_total')
  return bytes
}

function perRoomHour(bytes: number): string {
  return `${((bytes / ROOMS / SECONDS) * (3600 / 1024 ** 2)).toFixed(1)} MiB`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
