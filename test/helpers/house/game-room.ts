import type { Test } from 'tap'
import { encodeEventBlock } from '../../../src/link/event-block.ts'
import { namespaceChannel, type Namespace } from '../../../src/protocol/ids.ts'
import { placed } from '../placed.ts'
import { openGameWire, type GameWire } from './game-wire.ts'
import { Mirror } from './mirror.ts'
import type { PlainClient } from './plain-client.ts'
import type { ScriptedRoom } from './scripted-primary.ts'

export const ROOM = 'counter:abc'
const PAD = 'x'.repeat(500)

export const mirrorOf = (client: PlainClient): Mirror => Mirror.of(client.frames, ROOM)

/** Opens a worker, and a room with a game. */
export async function openRoom(
  t: Test,
  env: Readonly<Record<string, string>> = {},
): Promise<GameWire & { readonly room: ScriptedRoom }> {
  const wire = await openGameWire(t, env)
  return { ...wire, room: wire.primary.makeRoom(ROOM) }
}

/** Runs so many ticks, with some time between them. */
export async function play({ primary, pass }: GameWire, room: ScriptedRoom, ticks: number): Promise<void> {
  for (let i = 0; i < ticks; i++) {
    primary.change(room, { n: room.tick + 1, pad: `${room.tick}${PAD}` })
    await pass(20)
  }
}

/** Adds an event to the log of the namespace. */
export function say({ primary }: GameWire, offset: number): void {
  const event = placed(namespaceChannel('private' as Namespace), offset, offset - 1)
  primary.link.sendBlock(encodeEventBlock([event]), 'events')
}
