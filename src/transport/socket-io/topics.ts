import type { SentEvent } from '../../session/socket.ts'
import { framePacket, patchPacket } from './packets.ts'

export interface Member {
  /** Whether its events have a cursor as their second argument. */
  readonly hasCursors: boolean
  write(packet: string): void
}

/**
 * The topics of fan-out for sockets that have no native ones. For each event a packet is made once with a cursor and once
 * without, and all members share them.
 */
export class Topics {
  readonly #members = new Map<string, Set<Member>>()
  /** The log's epoch, as a connection's first frame says it. */
  epoch = ''

  add(topic: string, member: Member): void {
    const members = this.#members.get(topic)
    if (members) members.add(member)
    else this.#members.set(topic, new Set([member]))
  }

  remove(topic: string, member: Member): void {
    const members = this.#members.get(topic)
    members?.delete(member)
    if (members?.size === 0) this.#members.delete(topic)
  }

  /** A patch is not in the log, so it has no cursor, and all members get one packet. */
  publishPatch(topic: string, frame: Uint8Array): void {
    const members = this.#members.get(topic)
    if (!members) return
    const packet = patchPacket(frame)
    for (const member of members) member.write(packet)
  }

  publish(topic: string, frame: Uint8Array, event: SentEvent): void {
    const members = this.#members.get(topic)
    if (!members) return
    let plain: string | undefined
    let withCursor: string | undefined
    for (const member of members) {
      if (member.hasCursors) member.write((withCursor ??= framePacket(frame, event, this.epoch)))
      else member.write((plain ??= framePacket(frame, event, undefined)))
    }
  }
}
