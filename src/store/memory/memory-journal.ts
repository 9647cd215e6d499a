import type { RoomId } from '../../protocol/ids.ts'
import { HEAD_TICK, type Beat, type Journal, type JournalEntry, type RoomJournal } from '../journal.ts'

/** Journals that live as long as their process. */
export function createMemoryJournal(): Journal {
  return new MemoryJournal()
}

class MemoryJournal implements Journal {
  readonly damaged: Journal['damaged'] = []
  #beat: Beat | undefined
  readonly #records = new Map<RoomId, Map<number, Uint8Array>>()
  readonly #checkpoints = new Map<RoomId, JournalEntry>()

  append(records: readonly JournalEntry[]): undefined {
    for (const { room, tick, bytes } of records) {
      const ofRoom = this.#records.get(room) ?? new Map<number, Uint8Array>()
      this.#records.set(room, ofRoom)
      ofRoom.set(tick, Uint8Array.from(bytes))
    }
  }

  checkpoint(checkpoint: JournalEntry): undefined {
    const { room, tick: upTo, bytes } = checkpoint
    this.#checkpoints.set(room, { ...checkpoint, bytes: Uint8Array.from(bytes) })
    const records = this.#records.get(room)
    for (const tick of records?.keys() ?? []) if (tick !== HEAD_TICK && tick <= upTo) records?.delete(tick)
  }

  delete(room: RoomId): undefined {
    this.#records.delete(room)
    this.#checkpoints.delete(room)
  }

  rooms(): Promise<readonly RoomId[]> {
    return Promise.resolve([...new Set([...this.#records.keys(), ...this.#checkpoints.keys()])].sort())
  }

  read(room: RoomId): Promise<RoomJournal | undefined> {
    const records = this.#records.get(room)
    const checkpoint = this.#checkpoints.get(room)
    if (!records && !checkpoint) return Promise.resolve(undefined)
    const sorted = [...(records ?? [])].sort(([a], [b]) => a - b).map(([tick, bytes]) => ({ tick, bytes }))
    return Promise.resolve({
      head: records?.get(HEAD_TICK),
      checkpoint: checkpoint && { tick: checkpoint.tick, bytes: checkpoint.bytes },
      records: sorted.filter(({ tick }) => tick !== HEAD_TICK),
    })
  }

  beat(beat: Beat): undefined {
    this.#beat = beat
  }

  lastBeat(): Promise<Beat | undefined> {
    return Promise.resolve(this.#beat)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
