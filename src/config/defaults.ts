import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { EnvError } from 'envalid'
import { KEY_SET, SECRET_KEY, publicKeyAlgorithms } from './jwt-keys.ts'
import type { KeyAlgorithms } from './jwt-keys.ts'
import { defaultNodeId } from './node-id.ts'
import { SAMPLES } from './samples.ts'
import type { Settings } from './settings.ts'

/** Settings while they are loaded. A setting that was not given, or that did not parse, is absent. */
export type Draft = { -readonly [Name in keyof Settings]?: Settings[Name] | undefined }

const PROCESSES_MAX = 256
const HARD_PAYLOAD_FACTOR = 4
/** Defaults that are a multiple of another setting: limits of a user, of an address, or of all users together. */
const SHARES = {
  // Enough for 16 busy connections of a user, or for 240 guests of one address who each send 20 inputs a second.
  RATE_MESSAGES_PER_USER: ['RATE_MESSAGES', 16],
  RATE_JOINS_PER_USER: ['RATE_MESSAGES', 1 / 5],
  RATE_BYTES_PER_USER: ['RATE_BYTES', 8],
  RATE_LOG_BYTES_PER_USER: ['RATE_BYTES', 1 / 4],
  // A user who sends small events at RATE_MESSAGES may send all of them to a namespace. A quarter is left to others.
  BROADCAST_BYTES_PER_USER: ['RATE_BYTES', 3 / 16],
  BROADCAST_BYTES: ['RATE_BYTES', 1 / 4],
  MESSAGE_BYTES_PER_SENDER: ['RATE_BYTES', 1 / 8],
  MESSAGE_BYTES: ['RATE_BYTES', 3 / 16],
  // Most answers are smaller than 10 KiB.
  HTTP_BYTES_PER_ADDRESS: ['HTTP_RATE_PER_ADDRESS', 10 * 1024],
  RETAINED_BYTES_PER_USER: ['RETAINED_BYTES', 1 / 16],
} as const

/** Fills in defaults that depend on the machine, on the package's folder, or on other settings. `failed` settings stay absent. */
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

/** Returns the memory in bytes that the control group of this process allows, or that of the machine if it is less. */
export function allowedMemory(): number {
  // 0, or far more than the machine has, if there is no limit.
  const limitBytes = process.constrainedMemory()
  return limitBytes > 0 ? Math.min(limitBytes, os.totalmem()) : os.totalmem()
}

/**
 * Returns the algorithms of the key that is set, or those of a secret if none is: the development secret is used then.
 * Returns undefined if the key file cannot be used.
 */
export function keyAlgorithms(draft: Draft): KeyAlgorithms | undefined {
  if (draft.AUTH_JWKS_URL !== undefined) return KEY_SET
  if (draft.AUTH_JWT_PUBLIC_KEY_FILE === undefined) return SECRET_KEY
  try {
    return publicKeyAlgorithms(draft.AUTH_JWT_PUBLIC_KEY_FILE)
  } catch (error) {
    if (error instanceof EnvError) return undefined // checks.ts reports what is wrong with it
    throw error
  }
}
