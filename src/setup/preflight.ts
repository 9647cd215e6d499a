import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { hasSignIn } from '../config/development.ts'
import { makeFolder } from '../config/make-folder.ts'
import type { Settings } from '../config/settings.ts'
import { EXIT } from './exit-codes.ts'
import type { ExitCode } from './exit-codes.ts'

/** A problem of the machine. A fatal one ends the start with `exitCode`. Others are warnings. */
export interface Problem {
  readonly exitCode: ExitCode
  readonly message: string
  readonly fatal: boolean
}

/** The facts of the machine that are checked. Tests replace them. */
export interface Machine {
  /** As in process.versions.node */
  readonly nodeVersion: string
  /** Rejects with what the import of the uWebSockets.js binary throws. */
  readonly loadUws: () => Promise<unknown>
  /** The soft limit of open files per process. Undefined if the system does not tell. */
  readonly openFilesMax: () => number | undefined
}

export function thisMachine(loadUws: () => Promise<unknown>): Machine {
  return { nodeVersion: process.versions.node, loadUws, openFilesMax: readOpenFilesMax }
}

/** Reads the soft limit of open files. Node has already raised it to the hard limit at its start. */
export function readOpenFilesMax(): number | undefined {
  try {
    return parseOpenFilesMax(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return undefined // not Linux, or /proc is not mounted
  }
}

/** Finds the soft limit in the text of /proc/self/limits. */
export function parseOpenFilesMax(limits: string): number | undefined {
  const [, soft] = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits) ?? []
  return soft === undefined ? undefined : soft === 'unlimited' ? Infinity : Number(soft)
}

/** Finds what would keep the server from running, before a port is opened. Creates the data folder. */
export async function preflight(settings: Settings, machine: Machine): Promise<Problem[]> {
  const found = [
    checkNode(machine.nodeVersion),
    await checkUws(machine.loadUws),
    checkOpenFiles(settings, machine.openFilesMax()),
    checkDataDir(settings.DATA_DIR),
  ]
  return found.filter((problem) => problem !== undefined)
}

function fatal(exitCode: ExitCode, message: string): Problem {
  return { exitCode, message, fatal: true }
}

const NODE_MIN = [22, 18] as const

export function checkNode(version: string): Problem | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return undefined
  return fatal(
    EXIT.configuration,
    `Node ${version} is too old: ${NODE_MIN.join('.')} or later is needed. ` +
      'On Linux (x64, arm64) `npm start` brings its own; elsewhere install it from https://nodejs.org',
  )
}

export async function checkUws(loadUws: () => Promise<unknown>): Promise<Problem | undefined> {
  try {
    await loadUws()
    return undefined
  } catch (error) {
    // The message of the package has several lines.
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ')
    return fatal(
      EXIT.configuration,
      `The uWebSockets.js binary does not load: ${reason}. It comes prebuilt with \`npm ci\` for Node 22 on Linux ` +
        '(glibc 2.34 or later; not musl, so not Alpine), macOS and Windows: run `npm ci` on this machine, with that Node',
    )
  }
}

/** With a lower limit, not even the log, the store and the links could be opened. */
const OPEN_FILES_MIN = 256
/** Descriptors of a worker that are not connections. */
export const OPEN_FILES_OWN = 64

export function checkOpenFiles(settings: Settings, limit: number | undefined): Problem | undefined {
  if (limit === undefined) return undefined
  const remedy = 'raise it with `ulimit -n`, or LimitNOFILE= under systemd'
  if (limit < OPEN_FILES_MIN) {
    return fatal(EXIT.configuration, `The limit of open files is ${limit}, but ${OPEN_FILES_MIN} are needed: ${remedy}`)
  }
  const room = (limit - OPEN_FILES_OWN) * settings.WORKERS
  const wanted = settings.MAX_CONNECTIONS_PER_NAMESPACE
  // A developer's own machine does not have that many connections.
  if (room >= wanted || hasSignIn(settings)) return undefined
  const message =
    `The limit of open files (${limit} per process) leaves room for ${room} connections on ${settings.WORKERS} ` +
    `workers, but MAX_CONNECTIONS_PER_NAMESPACE is ${wanted}: ${remedy}`
  return { exitCode: EXIT.configuration, message, fatal: false }
}

const FOR_OTHERS = 0o007

function checkDataDir(dataDir: string): Problem | undefined {
  try {
    makeFolder(dataDir)
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    if ((statSync(dataDir).mode & FOR_OTHERS) === 0) return undefined
    const message = `DATA_DIR ${dataDir} is open to every user of this machine, and holds messages, balances and keys: run chmod o-rwx ${dataDir}`
    return { exitCode: EXIT.permission, message, fatal: false }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return fatal(EXIT.permission, `DATA_DIR cannot be used: ${reason}`)
  }
}
