import type { RoomEnding } from '../link/methods/host.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Recorder, RecordingEnd, RecordingStart, RoomRecording } from '../recordings/recorder.ts'
import type { Why } from './parts.ts'
import type { KeptRecord, PlacedRoom, RoomCheckpoint } from './placed-room.ts'

/**
 * Decides which rooms are recorded, and what of them: the journal from the first tick, with the checkpoints that the host makes.
 * If a room fails and was not recorded, its last checkpoint and the records after it are kept, because nothing else is known of
 * it.
 */
export class RoomRecordings {
  readonly #recorder: Recorder
  readonly #open = new Map<PlacedRoom, RoomRecording>()
  /** Rooms that have a recording, even if the recording ended before the room. */
  readonly #begun = new WeakSet<PlacedRoom>()

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** Whether anything can be recorded. */
  get isOpen(): boolean {
    return this.#recorder.isOpen
  }

  /** How many recordings are being written. */
  get size(): number {
    return this.#recorder.size
  }

  /** Resolves to whether there was such a recording. */
  delete(id: string): Promise<boolean> {
    return this.#recorder.delete(id)
  }

  /**
   * Takes a checkpoint of the room.
   * @param whenWritten called when everything that is recorded of the room so far is in its file, or will not be written. Until
   * then the journal must keep its records, so that the recording has no gap if the room comes back.
   */
  checkpoint(room: PlacedRoom, checkpoint: RoomCheckpoint, whenWritten: () => void): void {
    const recording = this.#open.get(room)
    if (recording) {
      recording.checkpoint(checkpoint.tick, checkpoint.text, whenWritten)
      return
    }
    if (room.isRecorded && !this.#begun.has(room)) this.#begin(room, checkpoint, [])
    whenWritten()
  }

  /** Takes a committed record of the room. */
  recorded(room: PlacedRoom, { tick, bytes }: KeptRecord): void {
    this.#open.get(room)?.record(tick, bytes)
  }

  /**
   * Another host is asked to go on with the room, from its checkpoint and its records.
   * @param version the version of the game in that host
   */
  goesOn(
    room: PlacedRoom,
    { isOtherCode, version }: { readonly isOtherCode: boolean; readonly version: number },
  ): void {
    const recording = this.#open.get(room)
    const { checkpoint, records } = room
    if (!recording || !checkpoint || !isOtherCode) return
    const othersUpTo = records.at(-1)?.tick ?? null
    recording.part({ why: 'other code', tick: checkpoint.tick, version, othersUpTo }, checkpoint.text)
    for (const { tick, bytes } of records) recording.record(tick, bytes)
  }

  /** Another host runs the room now. */
  runs(room: PlacedRoom, why: Why): void {
    // `comesBack` has done this.
    if (why === 'start') return
    this.#open.get(room)?.note({ tick: room.tick, what: why === 'crash' ? 'host died' : 'host replaced' })
  }

  /** The room has come back after a restart. Its checkpoint and records are from its journal. */
  comesBack(room: PlacedRoom): void {
    const { checkpoint, records } = room
    const recording = this.#recorder.resume(room.id)
    if (!recording || !checkpoint) return
    this.#keep(room, recording)
    const { tick: reached } = recording
    if (reached < checkpoint.tick) {
      const { tick, text } = checkpoint
      recording.part({ why: 'gap', tick, version: room.game.version, othersUpTo: null }, text)
    }
    for (const { tick, bytes } of records) if (tick > reached) recording.record(tick, bytes)
    recording.note({ tick: room.tick, what: 'server restarted' })
  }

  /**
   * All rooms that come back have done so, so recordings of other rooms are ended.
   * @param isWaiting whether a room may come back later
   */
  endUnfinished(isWaiting: (room: RoomId) => boolean): void {
    this.#recorder.endUnfinished((room) => isWaiting(room as RoomId))
  }

  /** @param message why the room could not go on; null if its game has ended it, or somebody who may do so */
  ended(room: PlacedRoom, { tick, why, result }: RoomEnding, message: string | null): void {
    if (!this.#isOpenOf(room) && why === 'failed' && room.checkpoint) this.#begin(room, room.checkpoint, room.records)
    const isOfGame = message === null
    this.#open.get(room)?.end({ tick, why: why as RecordingEnd['why'], isOfGame, result, message })
    this.#open.delete(room)
  }

  #isOpenOf(room: PlacedRoom): boolean {
    return this.#open.get(room)?.isOpen === true
  }

  #begin(room: PlacedRoom, { tick, text }: RoomCheckpoint, records: readonly KeptRecord[]): void {
    const { opened, game } = room
    const { version } = game
    const began = tick === 0 ? 'start' : 'checkpoint'
    const start: RecordingStart = {
      room: room.id,
      game: game.name,
      version,
      hz: game.hz,
      seed: opened.seed,
      options: opened.options,
      began,
      tick,
    }
    const recording = this.#recorder.begin(start)
    if (!recording) return
    this.#keep(room, recording)
    recording.part({ why: began, tick, version, othersUpTo: null }, text)
    for (const record of records) recording.record(record.tick, record.bytes)
  }

  #keep(room: PlacedRoom, recording: RoomRecording): void {
    this.#begun.add(room)
    this.#open.set(room, recording)
  }
}
