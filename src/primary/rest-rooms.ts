import { hash } from 'node:crypto'
import type { RoomDefinition } from '../domain/room.ts'
import { controlRecord } from '../hub/control.ts'
import { recordKey } from '../idempotency/key.ts'
import type { RecordPut } from '../idempotency/record.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { RoomAt } from '../link/methods/rooms.ts'
import { Refusal } from '../protocol/errors.ts'
import type { JsonValue } from '../protocol/events.ts'
import { roomChannel, type RoomId } from '../protocol/ids.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import type { Guard } from '../store/store.ts'
import { stateKey } from './channel-state.ts'
import type { PrimaryContext } from './context.ts'
import { roomKey } from './kept-rooms.ts'

type Needs = Pick<PrimaryContext, 'rooms' | 'store' | 'hub' | 'idempotency'>

type PutArgs = PrimaryMethods['roomPut']['args']

/** A room as it is read, and the records that say so. */
interface Read {
  readonly at: RoomAt
  readonly guards: readonly Guard[]
}

/** Throws ROOM_NOT_FOUND. */
export async function readRoom(context: Needs, id: RoomId): Promise<RoomAt> {
  return (await read(context, id)).at
}

/** Throws CONFLICT where it stands in another namespace, or is there and should not be; IDEMPOTENCY_CONFLICT. */
export function putRoom(context: Needs, { idempotencyKey, ...put }: PutArgs): Promise<RoomAt> {
  if (idempotencyKey === null) return define(context, put)
  return context.idempotency.once<RoomAt, RoomAt>({
    key: recordKey('room', put.room.room_id, idempotencyKey),
    fingerprint: JSON.stringify(put.room),
    run: (keep) => define(context, put, keep),
    repeat: ({ answer }) => answer,
  })
}

/** @param keep makes the record of the answer, if the request has an idempotency key */
async function define(
  context: Needs,
  { room, ifAbsent }: Omit<PutArgs, 'idempotencyKey'>,
  keep?: (answer: RoomAt) => RecordPut,
): Promise<RoomAt> {
  const { rooms, store, hub } = context
  if (ifAbsent && rooms.get(room.room_id)) throw new Refusal('CONFLICT', `there is a room "${room.room_id}"`)
  rooms.requireNamespace(room)
  const offset = hub.head
  const [state] = await store.get([stateKey(roomChannel(room.namespace, room.room_id))])
  const members = rooms.membersOf(room.room_id).size
  const answer = toRoomAt(room, { members, state: state ? (decodeRecord(state) as JsonValue) : null, offset })
  const kept = keep === undefined ? [] : [keep(answer)]
  const absent = [...kept.map(({ key }) => key), ...(ifAbsent ? [roomKey(room.room_id)] : [])]
  const result = await store.commit({
    guards: absent.map((key) => ({ key, revision: 0 })),
    puts: [{ key: roomKey(room.room_id), value: encodeRecord(room) }, ...kept],
    log: [controlRecord({ kind: 'room-defined', room })],
    durable: true,
  })
  if (!result.committed) throw new Refusal('CONFLICT', `there is a room "${room.room_id}"`)
  await hub.reached(result.offset)
  return answer
}

/**
 * Its members leave it, and its state goes with it. A room that was made by joining can be made so again.
 * Throws ROOM_NOT_FOUND; CONFLICT where `ifTag` is not its tag: definition and state are guarded, members looked at before.
 */
export async function deleteRoom(context: Needs, id: RoomId, ifTag: string | null): Promise<null> {
  const { store, hub } = context
  const { at, guards } = await read(context, id)
  const changed = () => new Refusal('CONFLICT', 'the room was changed since it was read: read it again')
  if (ifTag !== null && at.tag !== ifTag) throw changed()
  const result = await store.commit({
    guards: ifTag === null ? [] : guards,
    deletes: guards.map(({ key }) => key),
    log: [controlRecord({ kind: 'room-deleted', id })],
    durable: true,
  })
  if (!result.committed) throw changed()
  await hub.reached(result.offset)
  return null
}

async function read({ rooms, store, hub }: Needs, id: RoomId): Promise<Read> {
  const known = rooms.get(id)
  if (!known) throw new Refusal('ROOM_NOT_FOUND', `no room "${id}"`)
  const { members: _, ...made } = known
  const offset = hub.head
  const keys = [roomKey(id), stateKey(roomChannel(known.namespace, id))]
  const [kept, state] = await store.get(keys)
  const definition = kept ? (decodeRecord(kept) as RoomDefinition) : made
  const members = rooms.membersOf(id).size
  return {
    at: toRoomAt(definition, { members, state: state ? (decodeRecord(state) as JsonValue) : null, offset }),
    guards: keys.map((key, i) => ({ key, revision: [kept, state][i]?.revision ?? 0 })),
  }
}

/** The offset says as of when it was read, and is not in the tag. */
function toRoomAt(
  definition: RoomDefinition,
  { offset, ...now }: { readonly members: number; readonly state: JsonValue; readonly offset: number },
): RoomAt {
  const content = { ...definition, ...now }
  return { room: { ...content, offset }, tag: hash('sha256', JSON.stringify(content), 'base64url') }
}
