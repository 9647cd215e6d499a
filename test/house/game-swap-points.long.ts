/** A swap of a game that an operator has asked for, and something goes wrong, at each point of it. */
import t, { type Test } from 'tap'
import { Refusal } from '../../src/protocol/errors.ts'
import type { RoomId } from '../../src/protocol/ids.ts'
import type { GameSwapped } from '../../src/protocol/shapes/games.ts'
import { adder, isWhole, type AdderState } from '../helpers/games/adder.ts'
import { GAME } from '../helpers/games/open-games.ts'
import { openHouse } from '../helpers/house/open-house.ts'
import type { House } from '../helpers/house/house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'
import { realHost } from '../helpers/house/real-host.ts'

/** Milliseconds after the swap was asked for: the hosts are started, try the rooms, take them over, prove themselves, and end. */
const POINTS = [...Array.from({ length: 40 }, (_, i) => i * 3), 300, 900, 1_040, 1_060, 1_080, 1_100, 1_150]
/** What throws later than that has proved itself, and is the author's. */
const TRIAL_MS = 1_000
const SETTLE_MS = 20_000

interface Fault {
  readonly what: string
  readonly strike: (house: House) => void
  /** Where the hosts stay that the answer counts, it is compared with the rooms. */
  readonly isSure?: boolean
  /** It comes before that. */
  readonly lastMs?: number
}

/** The new version throws from then on. */
const broken = { isNow: false }
const old = (house: House) => house.hosts[0]
const successor = (house: House) => (house.hosts.length > 1 ? house.hosts.at(-1) : undefined)

const faults: readonly Fault[] = [
  { what: 'the old host dies', strike: (house) => old(house)?.kill() },
  { what: 'the newest host dies', strike: (house) => successor(house)?.kill(), isSure: true },
  {
    what: 'both die',
    strike: (house) => {
      old(house)?.kill()
      successor(house)?.kill()
    },
  },
  { what: 'the worker dies that was asked', strike: (house) => house.worker(0).kill() },
  { what: 'the new version begins to throw', strike: () => void (broken.isNow = true), isSure: true, lastMs: TRIAL_MS },
  { what: 'nothing', strike: () => {}, isSure: true, lastMs: 1 },
]

const first = adder({ seats: { max: 1 } })
const migrate = { 1: (state: AdderState) => state }
const second = adder({ seats: { max: 1 }, version: 2, migrate })
const maybeBroken = adder({
  seats: { max: 1 },
  version: 2,
  migrate,
  tick(state: AdderState) {
    if (broken.isNow) throw new Error('broken')
    state.ticks++
  },
})

/** Adds 1 again and again, and knows what was answered. */
class Adder {
  readonly client: PlainClient
  readonly room: RoomId
  answered = 0
  unknown = 0
  #hasEnough = false

  constructor(client: PlainClient, room: RoomId) {
    this.client = client
    this.room = room
  }

  async run(pause: () => Promise<void>): Promise<void> {
    while (!this.#hasEnough) {
      await this.add()
      await pause()
    }
  }

  stop(): void {
    this.#hasEnough = true
  }

  /** Returns the value of the reply. */
  async add(): Promise<number | undefined> {
    const { data, error } = await this.client.ask(GAME.input, { name: 'add', input: { by: 1 } }, { room: this.room })
    if (!error) this.answered++
    else if (error.code === 'OUTCOME_UNKNOWN') this.unknown++
    return data?.['value'] as number | undefined
  }
}

async function open(t: Test, hosts: number) {
  const disk = { game: first }
  const opened = await openHouse(t, {
    startHost: realHost(() => [disk.game]),
    env: { GAME_HOSTS: String(hosts), WORKERS: '2' },
  })
  const { house, enter } = opened
  const players: Adder[] = []
  for (const user of ['alice', 'bob']) {
    const client = await enter(user, { worker: house.worker(1) })
    players.push(
      new Adder(client, String((await client.ask(GAME.find, { game: 'adder' })).data?.['room_id']) as RoomId),
    )
  }
  return { ...opened, players, disk }
}

/** Resolves to what was answered; undefined: nothing was. */
async function swap(house: House): Promise<GameSwapped | Refusal | undefined> {
  try {
    return await house.ask('gameSwap', { game: 'adder' })
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    return thrown.code === 'OUTCOME_UNKNOWN' ? undefined : thrown
  }
}

async function versions(house: House, players: readonly Adder[]): Promise<readonly number[]> {
  const rooms = await Promise.all(players.map(({ room }) => house.ask('gameRoom', { room })))
  return rooms.map(({ version }) => version)
}

/** Returns what is wrong. */
async function play(t: Test, { strike, isSure = false }: Fault, atMs: number, hosts: number) {
  broken.isNow = false
  const { house, players, disk, pass } = await open(t, hosts)
  const wrong: string[] = []
  const running = players.map((player) => player.run(() => pass(1)))
  disk.game = maybeBroken
  const swapping = swap(house)
  await pass(atMs)
  strike(house)
  const answer = await house.time.settle(swapping)
  // A host that is started in place of one that has died has what is on the disk.
  const isSaid = answer !== undefined && (isSure || !(answer instanceof Refusal))
  if (isSaid) wrong.push(...disagreements(answer, await versions(house, players)))
  const { reload, hostSupervisor } = house.node
  await house.time.until(() => !reload.isUnderWay && hostSupervisor.health.missing === 0, SETTLE_MS)
  for (const player of players) player.stop()
  await house.time.settle(Promise.all(running))
  await pass(500)
  if (house.hosts.filter(({ hasEnded }) => !hasEnded).length !== hosts) wrong.push('there are other hosts than before')
  broken.isNow = false
  disk.game = second
  const again = await swap(house)
  if (again === undefined || again instanceof Refusal) wrong.push(`not swapped then: ${again?.message}`)
  else if (again.rooms_swapped !== players.length) wrong.push(`${again.rooms_swapped} rooms were swapped then`)
  for (const player of players) {
    const before = player.answered
    const value = await player.add()
    if (value === undefined || value <= before || value > before + player.unknown + 1)
      wrong.push(`${value} after ${before} and ${player.unknown} unknown`)
  }
  await pass(500)
  for (const { client, room } of players) if (!isWhole(client, room)) wrong.push('ticks are not whole')
  await house.close()
  return { wrong, answer }
}

function disagreements(answer: GameSwapped | Refusal, versions: readonly number[]): readonly string[] {
  const said = answer instanceof Refusal ? answer.details : answer
  const swapped = versions.filter((version) => version === 2).length
  if (said?.['rooms_swapped'] === swapped && said['rooms_stayed'] === versions.length - swapped) return []
  return [`said ${JSON.stringify(said)}, and the rooms have ${versions.join()}`]
}

for (const { lastMs = Infinity, ...fault } of faults) {
  for (const hosts of [1, 2]) {
    t.test(`${fault.what}, with ${hosts} hosts: nothing is lost, and what is answered is so`, async (t) => {
      const seen = { swapped: 0, refused: 0 }
      for (const atMs of POINTS.filter((point) => point < lastMs)) {
        const { wrong, answer } = await play(t, fault, atMs, hosts)
        if (answer instanceof Refusal) seen.refused++
        else if (answer) seen.swapped++
        t.strictSame(
          wrong,
          [],
          `after ${atMs} ms: ${answer instanceof Refusal ? answer.message : JSON.stringify(answer)}`,
        )
      }
      t.comment(JSON.stringify(seen))
    })
  }
}
