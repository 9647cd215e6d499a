import type { Clock } from '../base/clock.ts'
import { within } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import { ConfigError } from '../config/load.ts'
import { isOfSamples } from '../config/samples.ts'
import type { GameInfo, GameSource } from '../link/methods/host.ts'
import type { Host } from '../placement/hosts.ts'
import type { PlacedRoom } from '../placement/placed-room.ts'
import type { Placement } from '../placement/placement.ts'
import { TakeoverError } from '../placement/takeovers.ts'
import type { Supervision } from '../processes/supervisor.ts'
import { Refusal } from '../protocol/errors.ts'
import type { GameSwapped } from '../protocol/shapes/games.ts'
import type { Reload } from './reload.ts'

export interface GameSwapOptions {
  readonly reload: Pick<Reload, 'games' | 'isUnderWay'>
  readonly placement: Pick<Placement, 'hosts' | 'rooms'>
  readonly supervisor: Pick<Supervision, 'health'>
  readonly clock: Clock
  readonly log: Log
}

type Sources = ReadonlyMap<string, GameSource>

/** What a new host has loaded. */
interface Loaded {
  readonly generation: number
  readonly game: GameInfo
  readonly sources: Sources
}

const RETRY_MS = 1_000
const SETTLE_MS = 5_000

/**
 * Runs a new version of one game in its rooms, for operators. It replaces the hosts one by one, as a reload does, and each new host
 * takes over as `Takeovers` says. It does so only if no other game has changed.
 */
export class GameSwap {
  readonly #options: GameSwapOptions

  constructor(options: GameSwapOptions) {
    this.#options = options
  }

  /**
   * Resolves when all rooms of the game run the new version.
   * @throws GAME_NOT_FOUND; CONFLICT if the hosts are being replaced already, the game is a sample, or other games have changed;
   * UNAVAILABLE if a host is being started; GAME_FAILED if the new version cannot go on with the rooms. If a host was started,
   * `details` says what became of the rooms.
   */
  async run(name: string): Promise<GameSwapped> {
    const { placement, reload, clock } = this.#options
    const { version } = this.#require(name)
    const before = placement.hosts.sources
    const startedMs = clock.nowMs()
    let loaded: Loaded | undefined
    const why = await reload.games((successor) => {
      const host = placement.hosts.get(successor)
      if (host) loaded = requireOnly(name, host, loaded?.sources ?? before, loaded !== undefined)
    })
    if (why === undefined) await this.#settled(name)
    const report: Report = {
      game: name,
      version_before: version,
      version: loaded?.game.version ?? null,
      ...this.#countRooms(name, loaded?.generation ?? Infinity),
    }
    if (why !== undefined || loaded === undefined) throw this.#failed(why ?? noneReplaced(), report)
    const swapped = {
      ...report,
      version: loaded.game.version,
      is_changed: loaded.sources.get(name)?.code !== before.get(name)?.code,
    }
    this.#options.log.info({ ...swapped, tookMs: Math.round(clock.nowMs() - startedMs) }, 'a game was swapped')
    return swapped
  }

  #require(name: string): GameInfo {
    const { placement, reload, supervisor } = this.#options
    const game = placement.hosts.game(name)
    if (!game) throw new Refusal('GAME_NOT_FOUND', `there is no game "${name}"`)
    const source = placement.hosts.sources.get(name)
    if (source && isOfSamples(source.file))
      throw new Refusal('CONFLICT', `"${name}" is a sample: it comes with Drumbeat, and changes only with it`)
    if (reload.isUnderWay) throw new Refusal('CONFLICT', 'a reload or a swap is replacing the hosts already')
    const { missing, of } = supervisor.health
    if (missing > 0)
      throw new Refusal('UNAVAILABLE', `${missing} of ${of} hosts do not answer, or are being started`, {
        retry_after_ms: RETRY_MS,
      })
    return game
  }

  /** Waits for rooms that move to another host because theirs has died. */
  async #settled(name: string): Promise<void> {
    const moving = this.#rooms(name).filter(({ phase }) => phase === 'moving')
    await within(Promise.all(moving.map((room) => room.settled())), SETTLE_MS, undefined)
  }

  #rooms(name: string): readonly PlacedRoom[] {
    return [...this.#options.placement.rooms.all].filter(({ game, phase }) => game.name === name && phase !== 'ending')
  }

  #countRooms(name: string, generation: number): Pick<Report, 'rooms_swapped' | 'rooms_stayed'> {
    const rooms = this.#rooms(name)
    const swapped = rooms.filter((room) => room.generation >= generation).length
    return { rooms_swapped: swapped, rooms_stayed: rooms.length - swapped }
  }

  #failed(why: Error, report: Report): Refusal {
    const mistakes = why instanceof ConfigError || why instanceof TakeoverError ? why.mistakes : [why.message]
    const { rooms_swapped, rooms_stayed } = report
    const details = { ...(why instanceof Refusal ? why.details : {}), ...report, mistakes }
    this.#options.log.error(details, 'a game was not swapped')
    const what =
      rooms_swapped === 0
        ? `"${report.game}" was not swapped, and all goes on as before`
        : `"${report.game}" was swapped in a part of its rooms: ${rooms_swapped} have the new version, ${rooms_stayed} the old one`
    const code = why instanceof Refusal ? why.code : 'GAME_FAILED'
    return new Refusal(code, `${what}: ${mistakes.join('\n')}`, details)
  }
}

interface Report extends Omit<GameSwapped, 'version' | 'is_changed'> {
  /** Null if the game could not be loaded, or may not be taken. */
  readonly version: number | null
}

/**
 * Returns what a new host has loaded.
 * @param expected where the games were loaded from by the old hosts, or by the first of the new ones
 * @param isFurther whether another new host has taken over already
 * @throws TakeoverError if the game is gone; CONFLICT if another game has changed
 */
function requireOnly(name: string, host: Host, expected: Sources, isFurther: boolean): Loaded {
  const { generation, sources } = host
  const game = host.games.get(name)
  if (!game) {
    const file = expected.get(name)?.file
    throw new TakeoverError([`there is no game "${name}" any more${file === undefined ? '' : `: it was in ${file}`}`])
  }
  if (isFurther && sources.get(name)?.code !== expected.get(name)?.code)
    throw new Refusal('CONFLICT', `the files of "${name}" were changed while it was swapped`)
  const others = differences(expected, sources).filter((each) => each !== name)
  if (others.length > 0)
    throw new Refusal('CONFLICT', `other games have changed, too (${others.join(', ')}): a reload takes all of them`)
  return { generation, game, sources }
}

/** Returns the refusal if the node stops, or all its hosts have just died. */
function noneReplaced(): Refusal {
  return new Refusal('UNAVAILABLE', 'no host was replaced', { retry_after_ms: RETRY_MS })
}

/** Returns the names of the games whose code differs. */
function differences(before: Sources, after: Sources): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => before.get(name)?.code !== after.get(name)?.code).sort()
}
