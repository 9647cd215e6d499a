import { monotonicOriginMs, systemClock } from '../../../src/base/clock.ts'
import { systemScheduler } from '../../../src/base/scheduler.ts'
import type { Game } from '../../../src/games/define.ts'
import { decodeTick, type TickRecord } from '../../../src/games/journal.ts'
import { createHost, type Host } from '../../../src/host/create-host.ts'
import type { HostSettings } from '../../../src/host/settings.ts'
import { NO_WATCH } from '../../../src/host/watch.ts'
import { decodeGameBlock } from '../../../src/link/game-block.ts'
import { Link } from '../../../src/link/link.ts'
import type { EnterRoom, HostMethods, OfHostMethods, RoomEffect } from '../../../src/link/methods/host.ts'
import { LINK_VERSION } from '../../../src/link/version.ts'
import { createMetrics } from '../../../src/metrics/metrics.ts'
import { Refusal } from '../../../src/protocol/errors.ts'
import { createPipe } from '../../helpers/house/pipe.ts'
import { logInto, type LogLine } from '../../helpers/log-lines.ts'
import { SimTime } from '../../helpers/house/sim-time.ts'

/** What the primary heard, in its order. */
export type Heard =
  | { readonly what: 'record'; readonly handle: number; readonly record: TickRecord; readonly bytes: Uint8Array }
  | {
      readonly what: 'patch'
      readonly handle: number
      readonly tick: number
      readonly base: number
      readonly view: number
      readonly encoding: string
      readonly bytes: Uint8Array
    }
  | { readonly what: 'reply'; readonly name: string; readonly result: unknown }
  | { readonly what: 'effect'; readonly handle: number; readonly tick: number; readonly effect: RoomEffect }
  | { readonly what: 'checkpoint'; readonly handle: number; readonly tick: number; readonly checkpoint: string }
  | { readonly what: 'listed' | 'over' | 'listening' | 'unfit' | 'failed' | 'load'; readonly args: unknown }

export const NO_LOOP_DELAY = { p99Ms: () => 0, close: () => {} }
const SETTINGS: HostSettings = {
  GAME_BOT_BUDGET: 5,
  GAME_STATE_BYTES: 262_144,
  GAME_RECENT_BYTES: 8_192,
  ROOM_GAME_EMPTY: 30_000,
  ROOM_GAME_MAX: 3_600_000,
}

/** A primary of a few lines, and a host in the same process, under one simulated clock. */
export class TestPrimary {
  readonly time: SimTime
  readonly lines: LogLine[] = []
  heard: Heard[] = []
  #host: Host
  #link: Link<OfHostMethods, HostMethods>

  private constructor(
    time: SimTime,
    games: readonly Game[],
    settings: Partial<HostSettings>,
    copies: readonly Game[] = [],
  ) {
    this.time = time
    const [end, hostEnd] = createPipe(() => 0)
    this.#host = createHost({
      stream: hostEnd,
      clock: systemClock,
      scheduler: systemScheduler,
      random: { fraction: () => 0.5, uuid: () => 'uuid', token: () => 'trace-1' },
      begin: () => ({
        games: new Map(games.map((game) => [game.name, game])),
        copies: new Map(copies.map((game) => [game.name, game])),
        settings: { ...SETTINGS, ...settings },
        log: logInto(this.lines),
        setLogLevel: () => {},
        metrics: createMetrics('host-1', NO_LOOP_DELAY),
        watch: NO_WATCH,
      }),
      files: () => [],
      sources: () => [],
      onClose: () => {},
    })
    this.#link = new Link<OfHostMethods, HostMethods>({
      stream: end,
      queueBytesMax: 1 << 28,
      onClose: () => {},
      onGameBlock: (block) => this.#block(block),
      handlers: {
        said: ({ handle, tick, effects }) =>
          this.heard.push(...effects.map((effect) => ({ what: 'effect', handle, tick, effect }) as const)),
        checkpoint: (args) => this.heard.push({ what: 'checkpoint', ...args }),
        listed: (args) => this.heard.push({ what: 'listed', args }),
        over: (args) => this.heard.push({ what: 'over', args }),
        listening: (args) => this.heard.push({ what: 'listening', args }),
        unfit: (args) => this.heard.push({ what: 'unfit', args }),
        failed: (args) => this.heard.push({ what: 'failed', args }),
        load: () => {},
      },
    })
    this.#link.tell('welcome', {
      linkVersion: LINK_VERSION,
      host: 1,
      config: '',
      clockOriginMs: monotonicOriginMs(systemClock),
    })
  }

  /** A host with one room of the game, in which alice (connection 11) and bob (21) have seats; what was heard of it is taken. */
  static async withTwo(owner: { teardown(end: () => void): void }, game: Game): Promise<TestPrimary> {
    const primary = await TestPrimary.open(owner, [game])
    await primary.openRoom(1, game.name)
    for (const [viewer, user] of [
      [11, 'alice'],
      [21, 'bob'],
    ] as const) {
      await primary.done('enter', primary.entering(1, viewer, user))
    }
    primary.take()
    return primary
  }

  static async open(
    owner: { teardown(end: () => void): void },
    games: readonly Game[],
    settings: Partial<HostSettings> = {},
    time = new SimTime(),
  ): Promise<TestPrimary> {
    return TestPrimary.#opened(owner, time, () => new TestPrimary(time, games, settings))
  }

  /** A host that plays rooms of the games again with these copies of them: see `ReplayCheck`. */
  static checking(
    owner: { teardown(end: () => void): void },
    games: readonly Game[],
    copies: readonly Game[],
  ): Promise<TestPrimary> {
    const time = new SimTime()
    return TestPrimary.#opened(owner, time, () => new TestPrimary(time, games, {}, copies))
  }

  static async #opened(
    owner: { teardown(end: () => void): void },
    time: SimTime,
    make: () => TestPrimary,
  ): Promise<TestPrimary> {
    const uninstall = time.install(() => 0.5)
    const primary = make()
    owner.teardown(() => {
      primary.kill()
      uninstall()
    })
    await time.until(() => primary.heard.some(({ what }) => what === 'listening'), 1_000)
    primary.heard = []
    return primary
  }

  /** Another host, which knows nothing of this one. */
  static async beside(
    owner: { teardown(end: () => void): void },
    { time }: TestPrimary,
    games: readonly Game[],
    settings: Partial<HostSettings> = {},
  ): Promise<TestPrimary> {
    const primary = new TestPrimary(time, games, settings)
    owner.teardown(() => primary.kill())
    await time.until(() => primary.heard.some(({ what }) => what === 'listening'), 1_000)
    primary.heard = []
    return primary
  }

  /** Asks, and notes the answer in its place. */
  call<Name extends keyof HostMethods>(method: Name, args: HostMethods[Name]['args'], name: string = method): void {
    this.#link.call(method, args, (result) => this.heard.push({ what: 'reply', name, result }))
  }

  tell<Name extends keyof HostMethods>(method: Name, args: HostMethods[Name]['args']): void {
    this.#link.tell(method, args)
  }

  /** Asks, and lets time pass until the answer is there. */
  async ask<Name extends keyof HostMethods>(
    method: Name,
    args: HostMethods[Name]['args'],
  ): Promise<HostMethods[Name]['result'] | Refusal> {
    let answer: HostMethods[Name]['result'] | Refusal | undefined
    let isThere = false
    this.#link.call(method, args, (result) => {
      answer = result
      isThere = true
    })
    if (!(await this.time.until(() => isThere, 60_000))) throw new Error(`${method} was not answered`)
    return answer as HostMethods[Name]['result'] | Refusal
  }

  /** `ask`, which must not be refused. */
  async done<Name extends keyof HostMethods>(
    method: Name,
    args: HostMethods[Name]['args'],
  ): Promise<HostMethods[Name]['result']> {
    const result = await this.ask(method, args)
    if (result instanceof Refusal) throw result
    return result
  }

  /** SIGKILL. */
  kill(): void {
    this.#host.close()
    this.#link.close('killed')
  }

  /** A new room. Returns when tick 0 is. */
  async openRoom(handle: number, game: string, options: object = {}): Promise<number> {
    const startMs = this.time.clock.wallMs()
    const opened = await this.done('open', {
      handle,
      roomId: `${game}:r${handle}`,
      game,
      options: options as never,
      seed: 7,
      startMs,
    })
    return opened.startMs
  }

  entering(handle: number, viewer: number, user: string, more: Partial<EnterRoom> = {}): EnterRoom {
    return {
      handle,
      viewer,
      user,
      isGuest: false,
      as: 'player',
      inventory: {},
      ledgerEntry: 0,
      isBack: false,
      encoding: 'json',
      ...more,
    }
  }

  /** What was heard since the last time. */
  take(): Heard[] {
    const heard = this.heard
    this.heard = []
    return heard
  }

  of<What extends Heard['what']>(what: What): Extract<Heard, { what: What }>[] {
    return this.heard.filter((heard): heard is Extract<Heard, { what: What }> => heard.what === what)
  }

  /** The JSON patches of a room, read. */
  patches(handle: number): {
    readonly tick: number
    readonly base: number
    readonly changes: unknown
    readonly acks?: unknown
    readonly events?: unknown
    readonly hash?: number
  }[] {
    return this.of('patch')
      .filter((patch) => patch.handle === handle && patch.encoding === 'json')
      .map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as never)
  }

  #block(block: Buffer): void {
    const { records, patches } = decodeGameBlock(block)
    for (const { handle, bytes } of records) {
      this.heard.push({ what: 'record', handle, record: decodeTick(bytes), bytes: Buffer.from(bytes) })
    }
    for (const patch of patches) this.heard.push({ what: 'patch', ...patch, bytes: Buffer.from(patch.bytes) })
  }
}
