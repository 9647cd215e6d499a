import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { EnvError } from 'envalid'
import { KEY_SET, SECRET_KEY, publicKeyAlgorithms } from './jwt-keys.ts'
import type { KeyAlgorithms } from './jwt-keys.ts'
import { defaultNodeId } from './node-id.ts'
import { SAMPLES } from './samples.ts'
import type { Settings } from './settings.ts'

/** Settings on their way: what was not given or did not parse is absent. */
export type Draft = { -readonly [Name in keyof Settings]?: Settings[Name] | undefined }

const PROCESSES_MAX = 256
const HARD_PAYLOAD_FACTOR = 4
/** What a user or an address may take, and all together: how many times another setting it is. */
const SHARES = {
  // A user has as many connections' worth; 240 guests behind one address may each send 20 inputs a second.
  RATE_MESSAGES_PER_USER: ['RATE_MESSAGES', 16],
  RATE_JOINS_PER_USER: ['RATE_MESSAGES', 1 / 5],
  RATE_BYTES_PER_USER: ['RATE_BYTES', 8],
  RATE_LOG_BYTES_PER_USER: ['RATE_BYTES', 1 / 4],
  // One who sends small events at RATE_MESSAGES may say them all to a namespace, and leaves a quarter to others.
  BROADCAST_BYTES_PER_USER: ['RATE_BYTES', 3 / 16],
  BROADCAST_BYTES: ['RATE_BYTES', 1 / 4],
  MESSAGE_BYTES_PER_SENDER: ['RATE_BYTES', 1 / 8],
  MESSAGE_BYTES: ['RATE_BYTES', 3 / 16],
  // Most answers are smaller than 10 KiB.
  HTTP_BYTES_PER_ADDRESS: ['HTTP_RATE_PER_ADDRESS', 10 * 1024],
  RETAINED_BYTES_PER_USER: ['RETAINED_BYTES', 1 / 16],
} as const

/** Fills in what depends on the machine, on the package's place, or on other settings; `failed` ones stay absent. */
export function fillDefaults(draft: Draft, packageRoot: string, failed: ReadonlySet<string>): void {
  const { DATA_DIR: dataDir, MAX_PAYLOAD_BYTES: soft } = draft
  if (!failed.has('NODE_ID') && dataDir !== undefined) draft.NODE_ID ??= defaultNodeId(dataDir)
  const cores = os.availableParallelism()
  if (!failed.has('WORKERS')) draft.WORKERS ??= Math.min(cores, PROCESSES_MAX)
  if (!failed.has('GAMES')) draft.GAMES ??= existsSync(SAMPLES) ? [SAMPLES] : []
  if (!failed.has('GAME_CHECK')) draft.GAME_CHECK ??= draft.GAME_WATCH === true
  if (!failed.has('GAME_HOSTS') && draft.GAMES !== undefined) {
    draft.GAME_HOSTS ??= hostsFor(draft.GAMES.length, draft.GAME_WATCH === true ? 1 : cores)
  }
  if (!failed.has('MEMORY_LIMIT')) draft.MEMORY_LIMIT ??= allowedMemory()
  if (!failed.has('GOODS_FILE')) draft.GOODS_FILE ??= path.join(packageRoot, 'config', 'goods.yaml')
  if (!failed.has('MAX_PAYLOAD_BYTES_HARD') && soft !== undefined) {
    draft.MAX_PAYLOAD_BYTES_HARD ??= soft * HARD_PAYLOAD_FACTOR
  }
  if (!failed.has('AUTH_JWT_ALGORITHMS')) draft.AUTH_JWT_ALGORITHMS ??= keyAlgorithms(draft)?.standard
  fillShares(draft, failed)
}

function fillShares(draft: Draft, failed: ReadonlySet<string>): void {
  for (const name of Object.keys(SHARES) as (keyof typeof SHARES)[]) {
    const [of, part] = SHARES[name]
    const whole = draft[of]
    if (!failed.has(name) && whole !== undefined) draft[name] ??= Math.ceil(whole * part)
  }
}

function hostsFor(games: number, cores: number): number {
  return games === 0 ? 0 : Math.max(1, Math.min(Math.floor(cores / 2), PROCESSES_MAX))
}

/** Bytes: what this process's control group allows, or the machine has, where that is less. */
export function allowedMemory(): number {
  // 0 or far too much where there is no limit.
  const limitBytes = process.constrainedMemory()
  return limitBytes > 0 ? Math.min(limitBytes, os.totalmem()) : os.totalmem()
}

/** By the one key that is set; none set is the development secret. Undefined where the key file is of no use. */
export function keyAlgorithms(draft: Draft): KeyAlgorithms | undefined {
  if (draft.AUTH_JWKS_URL !== undefined) return KEY_SET
  if (draft.AUTH_JWT_PUBLIC_KEY_FILE === undefined) return SECRET_KEY
  try {
    return publicKeyAlgorithms(draft.AUTH_JWT_PUBLIC_KEY_FILE)
  } catch (error) {
    if (error instanceof EnvError) return undefined // checks.ts says what is wrong with it
    throw error
  }
}
