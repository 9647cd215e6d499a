import path from 'node:path'
import { isIP } from 'node:net'
import { EnvError } from 'envalid'
import { isHost, parseListen } from './listen.ts'
import { parseOtlpHeaders } from './otlp-headers.ts'

/** A kind of value of a setting: its name, its bounds, and its parser. */
export interface Kind<T> {
  readonly name: string
  /** The accepted values, for the settings table. Empty if the name of the kind says enough. */
  readonly bounds: string
  /**
   * `raw` is text from the environment, or text, a number, a boolean or a list from a file.
   * Throws EnvError, whose message completes "<name> must be …".
   */
  readonly parse: (raw: unknown) => T
}

export function refuse(message: string): never {
  throw new EnvError(message)
}

function kind<T>(name: string, bounds: string, parse: (raw: unknown) => T): Kind<T> {
  return { name, bounds, parse }
}

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/

function textOf(raw: unknown, wanted: string): string {
  if (typeof raw !== 'string') refuse(`${wanted}, written as text (in a file: in quotes)`)
  if (CONTROL.test(raw)) refuse(`${wanted} without control characters`)
  return raw
}

/** Returns the text of a value. A number or a boolean from a file becomes its text. */
function scalarOf(raw: unknown, wanted: string): string {
  return typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : textOf(raw, wanted).trim()
}

function within(value: number, min: number, max: number, wanted: string): number {
  return Number.isSafeInteger(value) && value >= min && value <= max ? value : refuse(wanted)
}

export function integer(min: number, max: number): Kind<number> {
  const wanted = `a whole number from ${min} to ${max}`
  return kind('integer', `${min} to ${max}`, (raw) => {
    const text = scalarOf(raw, wanted)
    return /^-?\d+$/.test(text) ? within(Number(text), min, max, wanted) : refuse(wanted)
  })
}

/** A share of a whole, from 0 to 1. */
export const share: Kind<number> = kind('number', '0 to 1', (raw) => {
  const wanted = 'a number from 0 to 1, such as 0.01'
  const text = scalarOf(raw, wanted)
  return /^\d(\.\d+)?$/.test(text) && Number(text) <= 1 ? Number(text) : refuse(wanted)
})

/** Parses text such as `5s` into a number of the smallest unit. The bounds are written in the same way. */
function quantity(name: string, toNumber: (text: string) => number, min: string, max: string): Kind<number> {
  const [low, high] = [toNumber(min), toNumber(max)]
  const example = name === 'duration' ? '250ms, 5s, 10m, 24h or 7d' : '16KiB, 64MB, 1GiB or a number of bytes'
  const wanted = `a ${name} from ${min} to ${max}, written as in ${example}`
  return kind(name, `${min} to ${max}`, (raw) => within(toNumber(scalarOf(raw, wanted)), low, high, wanted))
}

const UNIT_MS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** Returns milliseconds, or NaN if the text is no duration. A number needs a unit: without one it could be s or ms. */
export function durationMs(text: string): number {
  const [, count, unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  return Number(count) * (UNIT_MS.get(unit) ?? NaN)
}

const UNIT_BYTES = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
])

/** Returns bytes, or NaN if the text is no size. */
export function sizeBytes(text: string): number {
  const [, count, unit = ''] = /^(\d+) ?([a-z]*)$/i.exec(text) ?? []
  return Number(count) * (UNIT_BYTES.get(unit.toLowerCase()) ?? NaN)
}

export function duration(min: string, max: string): Kind<number> {
  return quantity('duration', durationMs, min, max)
}

export function size(min: string, max: string): Kind<number> {
  return quantity('size', sizeBytes, min, max)
}

/** A size, or 0 for `off` and 0. */
export function sizeOrOff(min: string, max: string): Kind<number> {
  const base = size(min, max)
  const isOff = (raw: unknown) => raw === 0 || (typeof raw === 'string' && ['0', 'off'].includes(raw.trim()))
  return kind(base.name, `off, ${base.bounds}`, (raw) => {
    if (isOff(raw)) return 0
    try {
      return base.parse(raw)
    } catch (error) {
      if (!(error instanceof EnvError)) throw error
      return refuse(`off, or ${error.message}`)
    }
  })
}

const BOOLEANS = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
])

export const boolean: Kind<boolean> = kind('boolean', 'true, false', (raw) => {
  return BOOLEANS.get(scalarOf(raw, 'true or false').toLowerCase()) ?? refuse('true or false')
})

export function choice<const T extends string>(...choices: readonly T[]): Kind<T> {
  const wanted = `one of ${choices.join(', ')}`
  return kind('choice', choices.join(', '), (raw) => {
    const text = scalarOf(raw, wanted)
    return choices.find((one) => one === text) ?? refuse(wanted)
  })
}

/** Text that is kept as it is if it passes `test`. */
export function text(name: string, wanted: string, test: (value: string) => boolean, bounds = ''): Kind<string> {
  return kind(name, bounds, (raw) => {
    const value = textOf(raw, wanted).trim()
    return test(value) ? value : refuse(wanted)
  })
}

export const string = text('string', 'some text', (value) => value !== '')

const ID_WANTED = '1 to 64 characters of A-Z a-z 0-9 _ -'
export const id = text('id', ID_WANTED, (value) => /^[A-Za-z0-9_-]{1,64}$/.test(value), ID_WANTED)

export const httpUrl = text(
  'URL',
  'a URL such as http://127.0.0.1:4318, without user name, query and fragment',
  (value) => /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/i.test(value) && URL.canParse(value),
  'http(s)://host:port',
)

export const publicUrl = text(
  'URL',
  'a URL such as https://n1.game.example, without user name, query and fragment',
  (value) => /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/i.test(value) && URL.canParse(value),
  'http(s)://host, with a port or a path if there is one',
)

export const host = text('string', 'an IP address or a host name', isHost, 'an IP address or a host name')

export const endpoint = text(
  'URL',
  'http://host:port or https://host:port',
  (value) =>
    /^https?:\/\/[^/?#@\s:]+:\d{1,5}$|^https?:\/\/\[[0-9a-f:.]+\]:\d{1,5}$/i.test(value) && URL.canParse(value),
  'http(s)://host:port, one scheme',
)

export const hostPattern = text(
  'host',
  'a host name, *.example.com for all below it, an IP address, or * for any, without a port',
  (value) => value === '*' || isHost(value.replace(/^\*\./, '')),
  'a name, *.example.com, an address, or *',
)

export const listen = text(
  'host:port',
  'host:port, as in 127.0.0.1:9090 or [::1]:9090',
  (value) => parseListen(value) !== undefined,
  '[::1]:9090 for IPv6',
)

/** A path, made absolute relative to the working directory. */
export const filePath: Kind<string> = kind('path', '', (raw) => path.resolve(textOf(raw, 'a path')))

export const urlPath = text(
  'string',
  'a path such as /core/game/v1/real-time: it begins with /, does not end with /, holds only A-Z a-z 0-9 . _ ~ - ' +
    'and no segment . or .., and lies outside /api/v1',
  (value) => /^(\/[A-Za-z0-9._~-]+)+$/.test(value) && !/\/\.{1,2}(\/|$)/.test(value) && !/^\/api\/v1(\/|$)/.test(value),
  'begins with /, no / at the end',
)

export const keyPrefix = text(
  'string',
  'a path such as /drumbeat/: it begins and ends with / and holds only A-Z a-z 0-9 . _ ~ -',
  (value) => /^(\/[A-Za-z0-9._~-]+)+\/$/.test(value),
  'begins and ends with /',
)

/** A secret. No byte of it is changed, not even white space at its ends, and its value never appears in a message. */
export function secret(minBytes: number): Kind<string> {
  const wanted = `at least ${minBytes} bytes of text`
  return kind('secret', minBytes > 1 ? `${minBytes} bytes or more` : '', (raw) => {
    const value = textOf(raw, wanted)
    const bytes = Buffer.byteLength(value)
    return bytes >= minBytes ? value : refuse(`${wanted}, and has ${bytes}`)
  })
}

/** A secret that is sent as `Authorization: Bearer …`, so it is printable ASCII without white space. */
export function bearerSecret(minBytes: number): Kind<string> {
  const base = secret(minBytes)
  return kind(base.name, base.bounds, (raw) => {
    const value = base.parse(raw)
    return /^[!-~]+$/.test(value)
      ? value
      : refuse('printable ASCII without spaces, because it is sent in an HTTP header')
  })
}

const HEADERS_WANTED =
  'headers as in name=value,name=value: each once, values of printable ASCII, percent-encoded where need be'

/** Headers may hold a secret, so no message shows any of them. */
export const otlpHeaders: Kind<string> = kind('secret', 'name=value,…', (raw) => {
  const value = textOf(raw, HEADERS_WANTED)
  return parseOtlpHeaders(value) === undefined ? refuse(HEADERS_WANTED) : value
})

/**
 * A list: text with commas between the entries, or a real list in a file. `none` is the empty list, because an empty variable
 * of the environment counts as not set.
 */
export function list<T>(entry: Kind<T>): Kind<readonly T[]> {
  return kind(`list of ${entry.name}`, entry.bounds, (raw) => {
    if (raw === 'none') return Object.freeze([])
    const entries: readonly unknown[] = Array.isArray(raw) ? raw : scalarOf(raw, 'a list').split(',')
    return Object.freeze([...new Set(entries.map((one) => parseEntry(entry, one)))])
  })
}

/** A list that must not be empty. */
export function listOfSome<T>(entry: Kind<T>): Kind<readonly T[]> {
  const base = list(entry)
  const parse = (raw: unknown): readonly T[] => {
    const entries = base.parse(raw)
    return entries.length > 0 ? entries : refuse('a list with at least one entry')
  }
  return { ...base, parse }
}

function parseEntry<T>(entry: Kind<T>, raw: unknown): T {
  if (typeof raw === 'string' && raw.trim() === '') refuse('a list without empty entries')
  try {
    return entry.parse(raw)
  } catch (error) {
    if (!(error instanceof EnvError)) throw error
    return refuse(`a list in which each entry is ${error.message}; ${JSON.stringify(raw)} is not`)
  }
}

export const address = text('IP or CIDR', 'an IP address or a CIDR block such as 10.0.0.0/8', isAddressBlock)

function isAddressBlock(value: string): boolean {
  const [base = '', bits, ...rest] = value.split('/')
  const family = isIP(base)
  if (family === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

const ORIGIN_WANTED = '*, null, or scheme://host[:port] without a path'

/** An origin in the form that browsers send: in lower case, without the default port of its scheme. */
export const origin: Kind<string> = kind('origin', ORIGIN_WANTED, (raw) => {
  const value = textOf(raw, ORIGIN_WANTED).trim().toLowerCase()
  if (value === '*' || value === 'null') return value
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s*]+$/.test(value) || !URL.canParse(value)) refuse(ORIGIN_WANTED)
  const url = new URL(value)
  return url.origin === 'null' ? value : url.origin
})
