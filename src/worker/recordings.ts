import path from 'node:path'
import type { RecordingsReader } from '../http/routes/admin-context.ts'
import { FOLDER } from '../recordings/limits.ts'
import { findRecording, listRecordings, readRecordingFile, type ListedRecording } from '../recordings/list.ts'

/** Reads the recordings in a data folder. Workers read the files themselves, so that they need not go over the link. */
export function readRecordingsIn(dataDir: string): RecordingsReader {
  const folder = path.join(dataDir, FOLDER)
  return {
    list: () => listRecordings(folder),
    find: (id) => {
      const found = findRecording(folder, id)
      return found && toRecording(found)
    },
    read: (id) => readRecordingFile(folder, id),
  }
}

function toRecording({ id, head, end, bytes }: ListedRecording): ReturnType<RecordingsReader['find']> {
  const { room, game, version, began, at, tick } = head
  return {
    id,
    room_id: room,
    game,
    version,
    began,
    at,
    first_tick: tick,
    last_tick: end?.tick ?? null,
    bytes,
    is_open: end === undefined,
    why: end?.why ?? null,
    message: end?.message ?? null,
  }
}
