import { decodePatch } from '../../../src/client/binary-patch.ts'
import { applyMergePatch } from '../../../src/games/sync/apply-merge.ts'
import { hashValue } from '../../../src/games/sync/hash.ts'
import { Connection } from '../../../src/load/connection.ts'
import { drumbeatDialect } from '../../../src/load/drumbeat.ts'
import { dataFrame } from '../../../src/load/message.ts'
import { EVENT, SERVER_EVENT, type Encoding } from '../../../src/protocol/events.ts'
import { GAME_FRAME } from '../../../src/protocol/game-bytes.ts'
import { decodeMsgpack, encodeMsgpack } from '../../../src/protocol/msgpack.ts'
import type { RoomGame, RoomStatus } from '../../../src/protocol/shapes/games.ts'
import type { TestServer } from '../../helpers/server.ts'
import { PATH } from './wire-client.ts'
import { binaryHead, hasBinaryHash, hasJsonHash, jsonHeadReader, type PatchHead } from './patch-head.ts'

export interface WirePlayerOptions {
  readonly server: TestServer
  readonly name: string
  readonly room: string
  readonly encoding: Encoding
  /** See `ConnectionOptions`. */
  readonly sipBytes?: number
  /** It has the state all the time, and checks each hash that comes. */
  readonly isMirror?: boolean
}

export interface SeenStatus {
  readonly status: RoomStatus['status']
  readonly tick: number | undefined
  readonly atMs: number
}

/** Of a request for the state; the only one that has a reply, but for the join. */
const SNAPSHOT_ID = 's'

/**
 * A player on a bare socket, of whom a process may hold thousands: it follows the chain of ticks by the heads of the patches, and decodes them
 * only while it checks the hash.
 */
export class WirePlayer {
  readonly name: string
  readonly room: string
  readonly encoding: Encoding
  readonly connection: Connection
  /** What the join, or the last snapshot, said. */
  game: RoomGame | undefined
  /** Of the last patch or snapshot. */
  tick = -1
  patches = 0
  /** Patches with another base than the tick before; the next one is taken as a new beginning. */
  misfits = 0
  hashesRight = 0
  readonly hashesWrong: number[] = []
  readonly statuses: SeenStatus[] = []
  /** States that came whole, without having been asked for. */
  readonly snapshots: RoomGame[] = []
  #gapMsMax = 0
  /** Called when `tick` has moved on. */
  onPatch: (player: WirePlayer) => void = () => {}
  #lastMs = 0
  #seq = 0
  #state: unknown
  #isChecking = false
  readonly #options: WirePlayerOptions
  readonly #head: (payload: Buffer) => PatchHead | undefined

  constructor(options: WirePlayerOptions) {
    const { server, name, room, encoding, sipBytes } = options
    this.#options = options
    this.name = name
    this.room = room
    this.encoding = encoding
    this.#head = encoding === 'json' ? jsonHeadReader(room) : binaryHead
    const dialect = drumbeatDialect({ apiPathPrefix: PATH, encoding, token: () => server.mint(name) })
    const request = this.#encoded({ id: 'join', eventType: EVENT.roomJoin, payload: { room_id: room } })
    const done = dialect.join?.(0).done ?? ''
    this.connection = new Connection({
      url: server.url,
      dialect: { ...dialect, join: () => ({ request, done }) },
      room: 0,
      onData: (payload) => this.#onData(payload),
      ...(sipBytes === undefined ? {} : { sipBytes }),
    })
  }

  /** The state as of `tick`, while it is known. */
  get state(): unknown {
    return this.#isChecking ? this.#state : undefined
  }

  /** Of patches, with the frames' headers. */
  get bytes(): number {
    return this.connection.counter.eventBytes
  }

  /** Between two patches or snapshots, at most, since `resetGap`; or since the last one. */
  get gapMsMax(): number {
    return Math.max(this.#gapMsMax, performance.now() - this.#lastMs)
  }

  resetGap(): void {
    this.#gapMsMax = 0
    this.#lastMs = performance.now()
  }

  /** Asks for the state, and checks the next hash. */
  check(): void {
    if (!this.#isChecking) this.#send({ id: SNAPSHOT_ID, eventType: EVENT.roomSnapshot, room: this.room, payload: {} })
  }

  /** As a stick that is held: `dx` and `dy` from 0 to 255. The game's first input has to be `steer`. */
  steer(dx: number, dy: number): void {
    const seq = ++this.#seq
    if (this.encoding === 'json') {
      this.#send({ eventType: EVENT.roomInput, room: this.room, payload: { name: 'steer', input: { dx, dy }, seq } })
      return
    }
    const bytes = [GAME_FRAME, 2, 1, ...varint(this.game?.handle ?? 0), 0, ...varint(seq), dx, dy]
    this.connection.send(dataFrame(String.fromCharCode(...bytes), true))
  }

  input(name: string, input: object): void {
    this.#send({ eventType: EVENT.roomInput, room: this.room, payload: { name, input, seq: ++this.#seq } })
  }

  #onData(payload: Buffer): boolean {
    const head = this.#head(payload)
    if (head) this.#onPatch(head, payload)
    else this.#onFrame(this.encoding === 'json' ? JSON.parse(payload.toString()) : decodeMsgpack(payload))
    return head !== undefined
  }

  #onPatch({ tick, base }: PatchHead, payload: Buffer): void {
    this.#arrived()
    this.patches++
    // From before the snapshot that came meanwhile.
    if (tick <= this.tick) return
    if (base !== this.tick) {
      this.misfits++
      this.#isChecking = false
    } else if (this.#isChecking) this.#apply(payload, tick)
    this.tick = tick
    this.onPatch(this)
  }

  #apply(payload: Buffer, tick: number): void {
    const isJson = this.encoding === 'json'
    const hasHash = isJson ? hasJsonHash(payload) : hasBinaryHash(payload)
    const patch = isJson ? (JSON.parse(payload.toString()) as JsonPatch) : decodePatch(payload)
    this.#state =
      'apply' in patch ? patch.apply(this.#state, this.game?.types) : applyMergePatch(this.#state, patch.changes)
    if (!hasHash) return
    if (patch.hash === hashValue(this.#state)) this.hashesRight++
    else this.hashesWrong.push(tick)
    if (this.#options.isMirror !== true) this.#isChecking = false
  }

  #onFrame(value: unknown): void {
    const frame = value as OtherFrame
    const { eventType, replyTo, payload, data } = frame
    if (replyTo === 'join') {
      this.#have(data?.['game'] as RoomGame | undefined)
      if (this.#options.isMirror !== true) this.#isChecking = false
    } else if (replyTo === SNAPSHOT_ID) this.#have(data as RoomGame | undefined)
    else if (eventType === EVENT.roomSnapshot) {
      this.#arrived()
      this.#have(payload as unknown as RoomGame)
      if (this.game) this.snapshots.push(this.game)
    } else if (eventType === SERVER_EVENT.status) {
      const { status, tick } = payload as unknown as RoomStatus & { readonly tick?: number }
      this.statuses.push({ status, tick, atMs: performance.now() })
    }
  }

  #have(game: RoomGame | undefined): void {
    if (!game) return
    this.game = game
    this.tick = game.tick
    this.#state = game.state
    this.#isChecking = true
  }

  #arrived(): void {
    const nowMs = performance.now()
    if (this.#lastMs > 0) this.#gapMsMax = Math.max(this.#gapMsMax, nowMs - this.#lastMs)
    this.#lastMs = nowMs
  }

  #encoded(envelope: object): string {
    return this.encoding === 'json' ? JSON.stringify(envelope) : Buffer.from(encodeMsgpack(envelope)).toString('latin1')
  }

  #send(envelope: object): void {
    this.connection.send(dataFrame(this.#encoded(envelope), this.encoding !== 'json'))
  }
}

interface JsonPatch {
  readonly changes: unknown
  readonly hash?: number
}

interface OtherFrame {
  readonly eventType?: string
  readonly replyTo?: string
  readonly payload?: object
  readonly data?: Readonly<Record<string, unknown>>
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}
