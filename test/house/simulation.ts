import { roomChannel, type Namespace, type RoomId } from '../../src/protocol/ids.ts'
import { House } from '../helpers/house/house.ts'
import { NO_FAULTS } from '../helpers/house/store.ts'
import type { HouseWorker } from '../helpers/house/worker.ts'
import { arena } from '../helpers/games/arena.ts'
import { enrich } from '../helpers/games/shoppers.ts'
import { realHost } from '../helpers/house/real-host.ts'
import { GameCheck } from './game-check.ts'
import { Player } from './player.ts'

export interface Simulated {
  /** Promises that were not kept, a line each. */
  readonly wrong: readonly string[]
  /** What happened, by name: a run in which nothing happened proves nothing. */
  readonly counts: Readonly<Record<string, number>>
}

const WORKERS = 2
const HOSTS = 2
const PLAYERS = 6
const ROOMS = ['arena', 'lobby', 'castle']
/** As often as they are here. */
export const FAULTS = [
  'cut',
  'cut',
  'cut',
  'slow',
  'kill',
  'freeze',
  'store',
  'wall',
  'network',
  'reload',
  'host',
  'host',
  'host',
  'frozen host',
]
const GOODS = ['sword', 'shield', 'potion', 'nothing-of-the-kind']
/** How long things happen and break, in simulated time. */
const PLAY_MS = 20_000
const PAUSE_MS_MAX = 120
/** Of what players do, what they do in games. */
const GAME_SHARE = 0.4
/** So little that a client that does not read for a while lags. */
const BACKPRESSURE = '32KiB'
/** How often something breaks, on average. */
const FAULT_EVERY_MS = 900
/** How long everything may take to be well again. */
const HEAL_MS = 90_000
const SETTLE_MS = 10_000
/** Longer than the silence after which a connection is closed. */
const SILENCE_MS = 45_000

/**
 * Players who do what players do in a house where everything breaks that may; then all of it heals, and every promise is looked at.
 * A seed repeats its run.
 */
export async function simulate(seed: number): Promise<Simulated> {
  const house = await House.open({
    seed,
    startHost: realHost([arena]),
    env: {
      HISTORY_TTL: '10m',
      SHUTDOWN_TIMEOUT: '4s',
      BACKPRESSURE_BYTES: BACKPRESSURE,
      WORKERS: `${WORKERS}`,
      GAME_HOSTS: `${HOSTS}`,
      ROOM_GAME_EMPTY: '20s',
    },
  })
  try {
    return await new Simulation(house).run()
  } finally {
    await house.close()
  }
}

class Simulation {
  readonly #house: House
  readonly #players: readonly Player[]
  readonly #counts: Record<string, number> = {}
  readonly #wrong: string[] = []
  #isPlaying = true
  #isReloading = false

  constructor(house: House) {
    this.#house = house
    // The last two are one user with two devices.
    const users = Array.from({ length: PLAYERS }, (_, i) => `player-${Math.min(i, PLAYERS - 2)}`)
    this.#players = users.map((user, i) => new Player(house, user, `device-${i}`))
  }

  async run(): Promise<Simulated> {
    const { time, chance } = this.#house
    const connecting = this.#players.map((player) => player.connect(chance.happens(0.5) ? 'json' : 'msgpack'))
    await time.settle(Promise.all(connecting))
    for (const { name } of this.#players) await enrich(this.#house, name)
    const playing = this.#players.map((player) => this.#play(player))
    const breaking = this.#break()
    await time.pass(PLAY_MS)
    this.#isPlaying = false
    this.#heal()
    await time.settle(Promise.all([...playing, breaking]), HEAL_MS)
    await this.#comeToRest()
    this.#checkPlayers()
    this.#checkNode()
    const players = this.#players.map(({ name, games }) => [name, games] as const)
    this.#wrong.push(...(await new GameCheck(this.#house, players).look()))
    await this.#leave()
    const told = this.#players.flatMap((player) => [...player.wrong, ...player.games.wrong])
    return { wrong: [...this.#wrong, ...told], counts: this.#counts }
  }

  async #play(player: Player): Promise<void> {
    while (this.#isPlaying) {
      await sleep(this.#house.chance.fraction() * PAUSE_MS_MAX)
      // Players do not wait for one answer before they ask the next thing.
      void this.#act(player)
    }
  }

  #act(player: Player): Promise<void> {
    const { chance } = this.#house
    const room = chance.pick(ROOMS)
    if (chance.happens(GAME_SHARE)) return this.#actInGame(player)
    const roll = chance.fraction()
    if (roll < 0.12) return this.#counted('join', player.join(room))
    if (roll < 0.18) return this.#counted('leave', player.leave(room))
    if (roll < 0.55) return this.#counted('broadcast', player.broadcast(room, chance.happens(0.2)))
    if (roll < 0.65) return this.#counted('broadcast', player.broadcast(undefined, chance.happens(0.2)))
    if (roll < 0.77) return this.#counted('message', player.sendMessage(chance.pick(this.#players).name))
    if (roll < 0.85) return this.#counted('buy', player.buy(chance.pick(GOODS)))
    return this.#counted('look', player.look(chance.happens(0.5) ? room : undefined))
  }

  #actInGame(player: Player): Promise<void> {
    const { chance } = this.#house
    const { games } = player
    const act = (name: string, done: Promise<void>) => this.#counted(name, player.inGame(done))
    const { rooms } = games
    if (rooms.length === 0 || chance.happens(0.05)) return act('play', games.play())
    const room = chance.pick(rooms)
    const roll = chance.fraction()
    if (roll < 0.7) return act('input', games.add(room))
    if (roll < 0.8) return act('refused', games.refused(room))
    if (roll < 0.95) return act('say', games.say(room))
    return roll < 0.98 ? act('leave game', games.leave(room)) : act('end', games.end(room))
  }

  async #break(): Promise<void> {
    const { chance } = this.#house
    while (this.#isPlaying) {
      await sleep(chance.fraction() * 2 * FAULT_EVERY_MS)
      if (this.#isPlaying) this.#breakOne()
    }
  }

  #breakOne(): void {
    const { chance, network, workers, hosts, faults, time } = this.#house
    const { wires } = network
    const listening = workers.filter(({ isListening }) => isListening)
    const faultKinds: Readonly<Record<string, () => void>> = {
      cut: () => wires.length > 0 && chance.pick(wires).cut({ clientMs: this.#notice(), serverMs: this.#notice() }),
      slow: () => {
        if (wires.length === 0) return
        const wire = chance.pick(wires)
        wire.pause()
        setTimeout(() => wire.resume(), chance.integer(100, 6_000))
      },
      kill: () => listening.length > 0 && chance.pick(listening).kill(),
      freeze: () => {
        if (listening.length === 0) return
        const worker: HouseWorker = chance.pick(listening)
        worker.freeze()
        // One that is never thawed has to be found and replaced.
        if (chance.happens(0.7)) setTimeout(() => worker.thaw(), chance.integer(100, 12_000))
      },
      host: () => {
        const running = hosts.filter(({ hasEnded }) => !hasEnded)
        if (running.length > 0) chance.pick(running).kill()
      },
      'frozen host': () => {
        const running = hosts.filter(({ hasEnded }) => !hasEnded)
        if (running.length === 0) return
        const host = chance.pick(running)
        host.freeze()
        if (chance.happens(0.7)) setTimeout(() => host.thaw(), chance.integer(100, 12_000))
      },
      store: () => {
        Object.assign(faults, { refused: 0.2, lost: 0.1, unanswered: 0.1, delayMs: chance.integer(0, 400) })
        setTimeout(() => Object.assign(faults, NO_FAULTS), chance.integer(100, 2_000))
      },
      wall: () => time.jumpWall(chance.integer(-60_000, 60_000)),
      network: () => {
        network.isDown = true
        setTimeout(() => (network.isDown = false), chance.integer(100, 3_000))
      },
      reload: () => {
        // One at a time, as an operator is told.
        if (!this.#isReloading) this.#reload()
      },
    }
    const name = chance.pick(FAULTS)
    this.#count(name)
    faultKinds[name]?.()
  }

  #reload(): void {
    this.#isReloading = true
    void this.#house.node.reload.run().finally(() => (this.#isReloading = false))
  }

  /** After how long a side notices that the connection was cut: at once, after a while, or by its own means only. */
  #notice(): number {
    const { chance } = this.#house
    return chance.pick([0, chance.integer(1, 2_000), Infinity])
  }

  #heal(): void {
    const { network, faults } = this.#house
    network.isDown = false
    Object.assign(faults, NO_FAULTS)
    for (const wire of network.wires) wire.resume()
  }

  /** Every player is there again and has an answer to everything; then each says one more thing everywhere, which all must hear. */
  async #comeToRest(): Promise<void> {
    const { time } = this.#house
    const isWell = () => this.#players.every(({ client, underWay }) => client.status === 'ready' && underWay === 0)
    if (!(await time.until(isWell, HEAL_MS))) {
      const states = this.#players.map(
        ({ name, client, underWay }) => `${name} ${client.status}, ${underWay} unanswered`,
      )
      this.#wrong.push(`not well again: ${states.join('; ')}`)
    }
    // Connections that their clients have left are found dead by then.
    await time.pass(SILENCE_MS)
    for (const player of this.#players) player.mustSucceed = true
    const last = this.#players.flatMap((player) => [
      player.join('arena'),
      player.look('arena'),
      player.broadcast(undefined, false),
      player.sendMessage(player.name),
      ...player.client.rooms.map((room) => player.broadcast(room, false)),
      ...player.games.rooms.map((room) => player.inGame(player.games.add(room))),
    ])
    await time.settle(Promise.all(last), HEAL_MS)
    await time.pass(SETTLE_MS)
    await this.#comeToBots()
    await time.pass(SETTLE_MS)
  }

  /** Where a bot has filled a seat a player can have it: one comes to each such room, and goes again. Then a bot has to come back. */
  async #comeToBots(): Promise<void> {
    const { time, node } = this.#house
    for (const { id, listing } of node.context.games.rooms.all) {
      const player = this.#players.find(({ client, games }) => games.rooms.length < 2 && !client.rooms.includes(id))
      if (listing.bots === 0 || !player) continue
      this.#count('come')
      await time.settle(player.inGame(player.games.come(id)), HEAL_MS)
      const played = player.games.played.get(id)
      if (played) await time.settle(player.inGame(player.games.leave(played)), HEAL_MS)
    }
  }

  #checkPlayers(): void {
    const { log } = this.#house
    const said = new Map<string, number>()
    for (const { body } of log) {
      const { payload } = JSON.parse(Buffer.from(body).toString()) as {
        payload?: { message?: unknown; text?: unknown }
      }
      const text = payload?.message ?? payload?.text
      if (typeof text === 'string') said.set(text, (said.get(text) ?? 0) + 1)
    }
    for (const [text, times] of said) if (times > 1) this.#wrong.push(`"${text}" stands ${times} times in the log`)
    const at = new Map(log.map((entry) => [entry.offset, entry]))
    for (const player of this.#players) {
      for (const { channel, offset, said } of player.accepted) {
        const entry = at.get(offset)
        if (entry?.channel !== channel || !Buffer.from(entry.body).toString().includes(JSON.stringify(said)))
          this.#wrong.push(`${player.name} was told that "${said}" is at ${offset}, and it is not`)
      }
      this.#checkHeard(player)
    }
  }

  /** Everything that was said in a channel while the player was in it. */
  #checkHeard({ name, stays, heard }: Player): void {
    for (const { channel, after, until = Infinity } of stays) {
      const got = new Set(heard.get(channel))
      const missing = this.#house.log.filter(
        (entry) => entry.channel === channel && entry.offset > after && entry.offset <= until && !got.has(entry.offset),
      )
      if (missing.length > 0) {
        const offsets = missing.map(({ offset }) => offset).slice(0, 5)
        this.#wrong.push(`${name} did not hear ${missing.length} events of ${channel}: ${offsets.join(', ')}`)
      }
    }
  }

  /** What the node knows is what is. */
  #checkNode(): void {
    const { workers, context } = this.#house.node
    const { registry, directory } = context
    if (workers.listening.length !== WORKERS)
      this.#wrong.push(`${workers.listening.length} workers of ${WORKERS} listen`)
    if (registry.countHere !== PLAYERS) this.#wrong.push(`${registry.countHere} connections of ${PLAYERS} players`)
    for (const room of ROOMS as RoomId[]) {
      const inIt = this.#players.filter(({ client }) => client.rooms.includes(room))
      const known = directory.membersOf(room).size
      const users = new Set(inIt.map(({ name }) => name)).size
      if (known !== users) this.#wrong.push(`${room} has ${known} members, and ${users} users are in it`)
      for (const { name, members, sure } of inIt) {
        const told = members.get(room)?.count
        if (sure.get(room) === true && told !== known)
          this.#wrong.push(`${name} was told last that ${told} are in ${room}, and ${known} are`)
      }
      for (const { name, sure, client } of this.#players) {
        const isSure = sure.get(room)
        if (isSure !== undefined && isSure !== client.rooms.includes(room))
          this.#wrong.push(`${name} ${isSure ? 'joined' : 'left'} ${room}, and the client says otherwise`)
      }
    }
  }

  /** Everybody goes, and nothing is left of them. */
  async #leave(): Promise<void> {
    const { time, node, workers } = this.#house
    for (const { client } of this.#players) client.close()
    await time.pass(SETTLE_MS)
    // Seats are held for a while, and empty rooms go on for a while.
    await time.pass(HEAL_MS)
    const { registry, directory, hub, games } = node.context
    if (games.rooms.size > 0) this.#wrong.push(`${games.rooms.size} rooms with games are left`)
    const journals = await this.#house.journal.rooms()
    if (journals.length > 0) this.#wrong.push(`${journals.length} journals are left`)
    if (registry.countHere !== 0) this.#wrong.push(`${registry.countHere} connections are left`)
    for (const room of ROOMS as RoomId[]) {
      const left = directory.membersOf(room).size
      if (left > 0) this.#wrong.push(`${left} members are left in ${room}`)
      if (hub.interest.listeners(roomChannel('private' as Namespace, room)))
        this.#wrong.push(`somebody still listens to ${room}`)
    }
    for (const worker of workers.filter(({ hasEnded }) => !hasEnded)) {
      const { sessions } = worker.parts.realTime
      if (sessions.all.size > 0) this.#wrong.push(`a worker has ${sessions.all.size} connections left`)
      if (worker.topics.size > 0) this.#wrong.push(`a worker has topics left: ${[...worker.topics.keys()].join(', ')}`)
      if (worker.parts.context.link.callsUnderWay > 0) this.#wrong.push('a worker waits for answers of the primary')
    }
  }

  async #counted(name: string, done: Promise<void>): Promise<void> {
    this.#count(name)
    await done
  }

  #count(name: string): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
