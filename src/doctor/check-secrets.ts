import { lstatSync, statSync } from 'node:fs'
import path from 'node:path'
import { toError } from '../base/assert.ts'
import { DEV_SECRET_FILES } from '../config/dev-secrets.ts'
import type { Config } from '../config/load.ts'
import { SETTINGS, SETTING_NAMES, type Settings } from '../config/settings.ts'
import { fail, ok, warn, type Finding } from './finding.ts'
import { isLoopback } from '../config/loopback.ts'

export interface SecretFile {
  /** The setting that names the file, or what the file is. */
  readonly what: string
  readonly file: string
  /** The mode as in stat's st_mode. Undefined if it could not be read. */
  readonly mode: number | undefined
  readonly fault: string | undefined
}

const IN_DATA_DIR = [...Object.values(DEV_SECRET_FILES), 'receipt-key.pem', 'node-token'] as const

/** The files with secrets that the configuration names, and those that exist in the data folder. */
export function readSecretFiles({ settings, sources }: Config): readonly SecretFile[] {
  const { CONFIG_FILE, DATA_DIR } = settings
  const named = (['RECEIPT_KEY_FILE', 'ETCD_KEY_FILE'] as const).flatMap((what) => {
    const file = settings[what]
    return file === undefined ? [] : [{ what, file }]
  })
  const holdsSecret = SETTING_NAMES.some((name) => SETTINGS[name].secret && sources[name] === 'file')
  const own = IN_DATA_DIR.map((what) => ({ what, file: path.join(DATA_DIR, what) }))
  return [
    ...(CONFIG_FILE !== undefined && holdsSecret ? [{ what: 'CONFIG_FILE', file: CONFIG_FILE }] : []),
    ...named,
    ...own.filter(({ file }) => lstatSync(file, { throwIfNoEntry: false }) !== undefined),
  ].map(({ what, file }) => ({ what, file, ...look(file) }))
}

function look(file: string): Pick<SecretFile, 'mode' | 'fault'> {
  try {
    return { mode: statSync(file).mode, fault: undefined }
  } catch (error) {
    return { mode: undefined, fault: toError(error).message }
  }
}

const OTHERS = 0o007
const GROUP_WRITES = 0o020

/** Judges whether secrets are set, and only their owner can read them. Reads nothing itself. */
export function checkSecrets(settings: Settings, files: readonly SecretFile[]): readonly Finding[] {
  const kept = files.map(checkFile)
  return [...checkDevelopment(settings), ...kept]
}

function checkFile({ what, file, mode, fault }: SecretFile): Finding {
  if (mode === undefined) {
    return fail('secrets', `${what} ${file} cannot be read: ${fault}`, `put it there, or unset ${what}`)
  }
  const shown = (mode & 0o777).toString(8)
  if ((mode & OTHERS) !== 0) {
    return fail('secrets', `${what} ${file} is open to everybody on this machine (${shown})`, `chmod o-rwx ${file}`)
  }
  if ((mode & GROUP_WRITES) !== 0) {
    return warn('secrets', `${what} ${file} may be changed by its group (${shown})`, `chmod g-w ${file}`)
  }
  return ok('secrets', `${what} ${file} (${shown})`)
}

function checkDevelopment(settings: Settings): readonly Finding[] {
  const { AUTH_JWT_SECRET, AUTH_JWT_PUBLIC_KEY_FILE, AUTH_JWKS_URL, ADMIN_TOKEN, HTTP_HOST } = settings
  const level = isLoopback(HTTP_HOST) ? warn : fail
  const make = (name: string) => `${name}=$(openssl rand -hex 32), in the environment or as a credential`
  const found: Finding[] = []
  if ((AUTH_JWT_SECRET ?? AUTH_JWT_PUBLIC_KEY_FILE ?? AUTH_JWKS_URL) === undefined) {
    found.push(level('secrets', 'player tokens are signed with a development secret', make('AUTH_JWT_SECRET')))
  }
  if (ADMIN_TOKEN === undefined) {
    found.push(level('secrets', 'the admin interface takes a development token', make('ADMIN_TOKEN')))
  }
  return found.length > 0 ? found : [ok('secrets', 'no development secret is in use')]
}
