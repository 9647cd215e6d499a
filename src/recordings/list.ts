import { readFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { hasCode } from '../base/error-code.ts'
import { SUFFIX } from './limits.ts'
import { readFacts, type RecordingFacts } from './recording-file.ts'

/** A recording as it is listed. */
export type ListedRecording = RecordingFacts & { readonly id: string }

/** The ids of the recordings in a folder, sorted; none if there is no such folder. */
export function listRecordings(folder: string): readonly string[] {
  return attempt(() => readIds(folder))?.toSorted() ?? []
}

/** The ids of the recordings in a folder. Throws what the file system throws. */
export function readIds(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => (name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : []))
}

/** Undefined if there is no such recording, or it is none. */
export function findRecording(folder: string, id: string): ListedRecording | undefined {
  const facts = attempt(() => readFacts(path.join(folder, id + SUFFIX)))
  return facts && { id, ...facts }
}

/** The whole file; undefined if there is none. */
export async function readRecordingFile(folder: string, id: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path.join(folder, id + SUFFIX))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function attempt<Result>(act: () => Result): Result | undefined {
  try {
    return act()
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
