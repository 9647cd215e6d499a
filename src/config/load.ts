import path from 'node:path'
import { customCleanEnv, makeExactValidator } from 'envalid'
import type { ValidatorSpec } from 'envalid'
import { checkAcross } from './checks.ts'
import { readCredentials } from './credentials.ts'
import { DataFileError, readDataFile } from './data-file.ts'
import { fillDefaults } from './defaults.ts'
import type { Draft } from './defaults.ts'
import { meantSetting, nearestSetting } from './nearest.ts'
import type { Setting } from './setting.ts'
import { SETTINGS, SETTING_NAMES, isSettingName } from './settings.ts'
import type { SettingName, Settings } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export type Source = 'environment' | 'credentials' | 'file' | 'default'

export interface Config {
  readonly settings: Settings
  /** The names of the settings that are not left at their defaults. */
  readonly explicit: ReadonlySet<SettingName>
  readonly sources: Readonly<Record<SettingName, Source>>
  /** Problems that do not keep the server from running, a line each. They contain no values of settings. */
  readonly warnings: readonly string[]
}

/** Thrown with everything that is wrong with a configuration, a line each. It contains no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

/** The settings that somebody has set, not parsed yet. */
type Given = Map<SettingName, { readonly raw: unknown; readonly source: Exclude<Source, 'default'> }>

/**
 * Loads the configuration, deeply frozen. The value of a setting comes from the first of these that has one: the environment,
 * the credentials that systemd has put into CREDENTIALS_DIRECTORY, the file that CONFIG_FILE names, the defaults.
 * Throws ConfigError with all mistakes at once. `packageRoot` is the folder that contains the package's own `config/`.
 */
export function loadConfig(input: { readonly env: Environment; readonly packageRoot?: string }): Config {
  const mistakes: string[] = []
  const warnings: string[] = []
  const given: Given = new Map([
    ...fromFile(input.env, mistakes),
    ...fromCredentials(input.env, mistakes),
    ...fromEnvironment(input.env, warnings),
  ])
  const { draft, failed } = parseAll(given, mistakes)
  leaveToEtcd(draft, given)
  fillDefaults(draft, input.packageRoot ?? path.resolve(import.meta.dirname, '../..'), failed)
  mistakes.push(...checkAcross(draft).map((mistake) => withEtcdSource(mistake, given)))
  if (mistakes.length > 0) throw new ConfigError(mistakes.map(hidePasswords))
  // Without a mistake every setting has parsed or has its default.
  return freezeConfig(draft as Settings, given, warnings)
}

/**
 * An empty variable counts as not set, as in `FOO= npm start`. Other programs share the environment, so an unknown name in it is
 * at most a warning. In the file, which only Drumbeat reads, it is a mistake.
 */
function fromEnvironment(env: Environment, warnings: string[]): Given {
  const given: Given = new Map()
  for (const [name, raw] of Object.entries(env)) {
    if (raw === undefined || raw === '') continue
    if (isSettingName(name)) given.set(name, { raw, source: 'environment' })
    else {
      const meant = meantSetting(name)
      if (meant !== undefined) warnings.push(`${name} is not a setting; the nearest is ${meant} (environment)`)
    }
  }
  return given
}

function fromCredentials({ CREDENTIALS_DIRECTORY: folder }: Environment, mistakes: string[]): Given {
  if (folder === undefined || folder === '') return new Map()
  return new Map(readCredentials(folder, mistakes).map(({ name, raw }) => [name, { raw, source: 'credentials' }]))
}

function fromFile(env: Environment, mistakes: string[]): Given {
  const given: Given = new Map()
  const file = env.CONFIG_FILE
  if (file === undefined || file === '') return given
  for (const [name, raw] of readEntries(file, mistakes)) {
    if (name === 'CONFIG_FILE') mistakes.push(`CONFIG_FILE can only be set in the environment (${file})`)
    else if (!isSettingName(name)) {
      mistakes.push(`${showName(name)} is not a setting; the nearest is ${nearestSetting(name).name} (${file})`)
    } else if (raw !== null && raw !== '') given.set(name, { raw, source: 'file' })
  }
  return given
}

/** Hides a key that does not look like a name, because it may hold a secret: `ADMIN_TOKEN=secret:` is a key in YAML. */
function showName(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : 'A key that does not look like a name'
}

function readEntries(file: string, mistakes: string[]): [string, unknown][] {
  if (!/\.(ya?ml|toml)$/i.test(file)) {
    mistakes.push(`CONFIG_FILE must end in .yaml, .yml or .toml; it is ${JSON.stringify(file)}`)
    return []
  }
  try {
    const content = readDataFile(path.resolve(file)) ?? {} // a file of comments only is empty
    if (typeof content === 'object' && !Array.isArray(content)) return Object.entries(content)
    mistakes.push(`CONFIG_FILE must be a file of "NAME: value" lines; ${file} is not`)
  } catch (error) {
    if (!(error instanceof DataFileError)) throw error
    mistakes.push(`CONFIG_FILE: ${error.message}`)
  }
  return []
}

function parseAll(given: Given, mistakes: string[]): { draft: Draft; failed: ReadonlySet<string> } {
  const failed = new Set<string>()
  const specs = Object.fromEntries(SETTING_NAMES.map((name) => [name, specOf(SETTINGS[name])]))
  const raw = Object.fromEntries([...given].map(([name, one]) => [name, one.raw]))
  const reporter = ({ errors }: { errors: Readonly<Partial<Record<string, Error>>> }): void => {
    for (const name of SETTING_NAMES) {
      const error = errors[name]
      if (error === undefined) continue
      failed.add(name)
      mistakes.push(`${name} must be ${error.message}${saidBy(name, given)}`)
    }
  }
  const values: Record<string, unknown> = { ...customCleanEnv(raw, specs, (cleaned) => cleaned, { reporter }) }
  return { draft: values, failed }
}

/** A default is parsed in the same way as a value that a user writes. */
function specOf({ kind, fallback, text }: Setting<unknown, boolean>): ValidatorSpec<unknown> {
  const validator = makeExactValidator<unknown>(kind.parse)
  if (fallback === undefined) return validator({ desc: text, default: undefined })
  return validator({ desc: text, default: kind.parse(fallback) ?? undefined })
}

/** etcd itself reads environment variables of these names, so they may be set for etcd and not for Drumbeat. */
const SHARED_WITH_ETCD = ['ETCD_CERT_FILE', 'ETCD_KEY_FILE'] as const

/**
 * Ignores those variables if no endpoint uses TLS, because they are then not meant for this server. In the file, which only
 * Drumbeat reads, they stay a mistake.
 */
function leaveToEtcd(draft: Draft, given: Given): void {
  if (draft.ETCD_ENDPOINTS?.some((endpoint) => endpoint.startsWith('https:'))) return
  for (const name of SHARED_WITH_ETCD) {
    if (given.get(name)?.source !== 'environment') continue
    given.delete(name)
    delete draft[name]
  }
}

function withEtcdSource(mistake: string, given: Given): string {
  const name = SHARED_WITH_ETCD.find((one) => mistake.startsWith(`${one} must`))
  if (name === undefined || given.get(name)?.source !== 'environment') return mistake
  return `${mistake} (environment; etcd itself reads a variable of this name)`
}

const SHOWN_LENGTH_MAX = 80

function saidBy(name: SettingName, given: Given): string {
  const entry = given.get(name)
  if (entry === undefined) return ''
  if (SETTINGS[name].secret) return ` (${entry.source})`
  const shown = hidePasswords(JSON.stringify(entry.raw))
  const cut = shown.length > SHOWN_LENGTH_MAX ? `${shown.slice(0, SHOWN_LENGTH_MAX)}…` : shown
  return `; it is ${cut} (${entry.source})${explain(entry.raw)}`
}

/** Hides user names and passwords in URLs. */
function hidePasswords(text: string): string {
  return text.replaceAll(/:\/\/[^\s"]*@/g, '://…@')
}

/** Kubernetes sets variables for each Service of a namespace in all its containers, and one may have the name of a setting. */
function explain(raw: unknown): string {
  return typeof raw === 'string' && /^(tcp|udp|sctp):\/\//.test(raw)
    ? '. Kubernetes sets this variable for a Service of that name: set `enableServiceLinks: false` in the pod, or rename the Service'
    : ''
}

function freezeConfig(settings: Settings, given: Given, warnings: readonly string[]): Config {
  const sources = SETTING_NAMES.map((name): [SettingName, Source] => [name, given.get(name)?.source ?? 'default'])
  for (const value of Object.values(settings)) Object.freeze(value)
  return Object.freeze({
    settings: Object.freeze(settings),
    explicit: frozenSet(given.keys()),
    sources: Object.freeze(Object.fromEntries(sources) as Record<SettingName, Source>),
    warnings: Object.freeze(warnings),
  })
}

/** Object.freeze alone does not keep anybody from calling add() on a Set. */
function frozenSet<T>(values: Iterable<T>): ReadonlySet<T> {
  const refuse = (): never => {
    throw new TypeError('the configuration is frozen')
  }
  return Object.freeze(Object.assign(new Set(values), { add: refuse, delete: refuse, clear: refuse }))
}
