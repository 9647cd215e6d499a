import { accessSync, constants, readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { EnvError } from 'envalid'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { DataFileError, firstLine, readJsonFile } from './data-file.ts'
import { keyAlgorithms } from './defaults.ts'
import type { Draft } from './defaults.ts'
import { publicKeyAlgorithms } from './jwt-keys.ts'
import { parseListen } from './listen.ts'
import type { SettingName } from './settings.ts'

/**
 * A rule about several settings, or about a file that a setting names. Returns the mistakes it found, a line each. It skips
 * settings that are absent.
 */
type Check = (draft: Draft) => readonly string[]

const none: readonly string[] = []

export function checkAcross(draft: Draft): string[] {
  return CHECKS.flatMap((check) => check(draft))
}

const frameLimits: Check = ({ MAX_PAYLOAD_BYTES: soft, MAX_PAYLOAD_BYTES_HARD: hard, BACKPRESSURE_BYTES: waiting }) => {
  const mistakes: string[] = []
  if (soft === undefined) return none
  if (hard !== undefined && hard <= soft) {
    mistakes.push(`MAX_PAYLOAD_BYTES_HARD must be larger than MAX_PAYLOAD_BYTES (${soft}); it is ${hard}`)
  }
  if (waiting !== undefined && waiting < soft) {
    mistakes.push(`BACKPRESSURE_BYTES must not be under MAX_PAYLOAD_BYTES (${soft}); it is ${waiting}`)
  }
  return mistakes
}

/** The rest of a handshake's head: some 600 bytes from a browser, and a resume of up to 1 KiB. */
const HANDSHAKE_BYTES = 2048

const headLimits: Check = ({ HTTP_HEAD_BYTES: head, AUTH_TOKEN_BYTES_MAX: token }) =>
  head !== undefined && token !== undefined && token + HANDSHAKE_BYTES > head
    ? [
        `AUTH_TOKEN_BYTES_MAX must not be over HTTP_HEAD_BYTES - ${HANDSHAKE_BYTES} (${head - HANDSHAKE_BYTES}), ` +
          `because the rest of a handshake has to fit, too; it is ${token}`,
      ]
    : none

const listeners: Check = ({ ADMIN_LISTEN: text, HTTP_PORT: port }) =>
  text !== undefined && port !== 0 && parseListen(text)?.port === port
    ? [`ADMIN_LISTEN must have another port than HTTP_PORT, which is ${port}; it is ${JSON.stringify(text)}`]
    : none

const namespaces: Check = ({ NAMESPACE_PRIVATE: one, NAMESPACE_GUEST: other }) =>
  one !== undefined && one === other
    ? [`NAMESPACE_GUEST must differ from NAMESPACE_PRIVATE; both are ${JSON.stringify(one)}`]
    : none

const KEY_SETTINGS: readonly SettingName[] = ['AUTH_JWT_SECRET', 'AUTH_JWT_PUBLIC_KEY_FILE', 'AUTH_JWKS_URL']

const oneKey: Check = (draft) => {
  const set = KEY_SETTINGS.filter((name) => draft[name] !== undefined)
  return set.length > 1 ? [`${set.join(' and ')} must not be set together: one key says who may sign`] : none
}

const publicKey: Check = ({ AUTH_JWT_PUBLIC_KEY_FILE: file }) => {
  if (file === undefined) return none
  try {
    publicKeyAlgorithms(file)
    return none
  } catch (error) {
    if (!(error instanceof EnvError)) throw error
    return [`AUTH_JWT_PUBLIC_KEY_FILE must be ${error.message}; it is ${JSON.stringify(file)}`]
  }
}

const algorithms: Check = (draft) => {
  const key = keyAlgorithms(draft)
  const wrong = draft.AUTH_JWT_ALGORITHMS?.filter((one) => key !== undefined && !key.allowed.includes(one)) ?? []
  if (key === undefined || wrong.length === 0) return none
  return [`AUTH_JWT_ALGORITHMS must fit the key, which goes with ${key.allowed.join(', ')}; it has ${wrong.join(', ')}`]
}

const keySet: Check = ({ AUTH_JWKS_URL: place }) => {
  if (place === undefined) return none
  const mistake = place.includes('://') ? keySetUrlMistake(place) : keySetFileMistake(place)
  return mistake === undefined ? none : [`AUTH_JWKS_URL must be ${mistake}; it is ${JSON.stringify(place)}`]
}

function keySetUrlMistake(place: string): string | undefined {
  if (!URL.canParse(place)) return 'an https:// URL or a file'
  const url = new URL(place)
  if (url.username !== '' || url.password !== '') return 'a URL without a user name and password'
  if (url.protocol === 'https:') return undefined
  if (url.protocol !== 'http:') return 'an https:// URL or a file'
  return isLoopback(url.hostname) ? undefined : 'an https:// URL: http:// is for loopback addresses only'
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
}

function keySetFileMistake(file: string): string | undefined {
  try {
    const value = readJsonFile(file)
    const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined
    return Array.isArray(keys) && keys.length > 0 ? undefined : 'a key set: a JSON object with a list "keys"'
  } catch (error) {
    if (error instanceof DataFileError) return `an https:// URL or a readable JSON file (${error.message})`
    throw error
  }
}

const trustedHeader: Check = ({ AUTH_TRUSTED_HEADER: trusted, TRUSTED_PROXIES: proxies }) =>
  trusted === true && proxies?.length === 0
    ? ['AUTH_TRUSTED_HEADER must not be true without TRUSTED_PROXIES: anybody could claim to be anyone']
    : none

const logLevels: Check = ({ LOG_LEVELS: entries = [] }) => {
  const parts = entries.map((entry) => entry.split('=')[0] ?? '')
  const twice = parts.find((part, i) => parts.indexOf(part) !== i)
  return twice === undefined ? none : [`LOG_LEVELS must not name ${twice} twice`]
}

const goodsFile: Check = ({ GOODS_FILE: file }) => (file === undefined ? none : unreadable('GOODS_FILE', file))

const etcdEndpoints: Check = ({ ETCD_ENDPOINTS: endpoints }) => {
  const schemes = new Set(endpoints?.map((endpoint) => new URL(endpoint).protocol))
  return schemes.size > 1 ? ['ETCD_ENDPOINTS must not mix http:// and https://'] : none
}

/** Every node of a cluster has to accept the same tokens, so none may make its own secrets. */
const clusterSecrets: Check = (draft) => {
  if (draft.ETCD_ENDPOINTS === undefined || draft.ETCD_ENDPOINTS.length === 0) return none
  const mistakes: string[] = []
  if (KEY_SETTINGS.every((name) => draft[name] === undefined)) {
    mistakes.push(`one of ${KEY_SETTINGS.join(', ')} is missing: all nodes of a cluster must accept the same tokens`)
  }
  if (draft.ADMIN_TOKEN === undefined)
    mistakes.push('ADMIN_TOKEN is missing: all nodes of a cluster must accept the same one')
  return mistakes
}

/** etcd accepts requests of up to 1.5 MiB, and an event has to fit into one. */
const ETCD_PAYLOAD_BYTES_MAX = 512 * 1024

const clusterSizes: Check = (draft) => {
  if (draft.ETCD_ENDPOINTS === undefined || draft.ETCD_ENDPOINTS.length === 0) return none
  const mistakes: string[] = []
  const { LOG_RETENTION: keptMs, HISTORY_TTL: wantedMs } = draft
  const { LOG_RETENTION_BYTES: kept, HISTORY_BYTES: wanted, MAX_PAYLOAD_BYTES: payload } = draft
  if (keptMs !== undefined && wantedMs !== undefined && keptMs < wantedMs) {
    mistakes.push('LOG_RETENTION must not be under HISTORY_TTL')
  }
  if (kept !== undefined && wanted !== undefined && kept < wanted) {
    mistakes.push('LOG_RETENTION_BYTES must not be under HISTORY_BYTES')
  }
  if (payload !== undefined && payload > ETCD_PAYLOAD_BYTES_MAX) {
    mistakes.push(
      `MAX_PAYLOAD_BYTES must not be over ${ETCD_PAYLOAD_BYTES_MAX} in a cluster: etcd refuses larger requests`,
    )
  }
  return mistakes
}

const ETCD_FILES = ['ETCD_CA_FILE', 'ETCD_CERT_FILE', 'ETCD_KEY_FILE'] as const

const etcdFiles: Check = (draft) => {
  const { ETCD_CERT_FILE: cert, ETCD_KEY_FILE: key, ETCD_ENDPOINTS: endpoints } = draft
  const set = ETCD_FILES.filter((name) => draft[name] !== undefined)
  const mistakes = set.flatMap((name) => unreadable(name, draft[name] ?? ''))
  if ((cert === undefined) !== (key === undefined)) {
    const [missing, there] =
      cert === undefined ? ['ETCD_CERT_FILE', 'ETCD_KEY_FILE'] : ['ETCD_KEY_FILE', 'ETCD_CERT_FILE']
    mistakes.push(`${missing} is missing: it goes with ${there}`)
  }
  if (set.length > 0 && endpoints?.some((endpoint) => endpoint.startsWith('http:'))) {
    mistakes.push(`${set.join(', ')} must not be set with http:// endpoints: nothing would be encrypted`)
  }
  return mistakes.length > 0 ? mistakes : badPems(draft)
}

/** Finds certificates and keys that TLS could not use. The library's messages about a key contain nothing of the key. */
function badPems({ ETCD_CA_FILE: ca, ETCD_CERT_FILE: cert, ETCD_KEY_FILE: key }: Draft): string[] {
  const mistakes: string[] = []
  const parse = <T>(name: string, what: string, file: string | undefined, read: (pem: Buffer) => T): T | undefined => {
    if (file === undefined) return undefined
    try {
      return read(readFileSync(file))
    } catch (error) {
      mistakes.push(`${name} must be ${what} (${firstLine(error)}); it is ${JSON.stringify(file)}`)
      return undefined
    }
  }
  const toCertificate = (pem: Buffer) => new X509Certificate(pem)
  parse('ETCD_CA_FILE', 'certificates in PEM', ca, toCertificate)
  const certificate = parse('ETCD_CERT_FILE', 'a certificate in PEM', cert, toCertificate)
  const privateKey = parse('ETCD_KEY_FILE', 'a private key in PEM, without a passphrase', key, createPrivateKey)
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey)) {
    mistakes.push(`ETCD_KEY_FILE must be the key of the certificate in ETCD_CERT_FILE; it is ${JSON.stringify(key)}`)
  }
  return mistakes
}

function unreadable(name: string, file: string): string[] {
  try {
    accessSync(file, constants.R_OK)
    return []
  } catch (error) {
    return [`${name} must be a readable file (${firstLine(error)}); it is ${JSON.stringify(file)}`]
  }
}

const etcdLogin: Check = ({ ETCD_USERNAME: user, ETCD_PASSWORD: password }) =>
  (user === undefined) === (password === undefined)
    ? none
    : [`ETCD_${user === undefined ? 'USERNAME' : 'PASSWORD'} is missing: user name and password go together`]

const otlpHeaders: Check = ({ OTLP_HEADERS: headers, OTLP_ENDPOINT: endpoint }) =>
  headers !== undefined && endpoint === undefined ? ['OTLP_ENDPOINT is missing: OTLP_HEADERS goes with it'] : none

const CHECKS: readonly Check[] = [
  frameLimits,
  headLimits,
  listeners,
  namespaces,
  oneKey,
  publicKey,
  algorithms,
  keySet,
  trustedHeader,
  logLevels,
  goodsFile,
  etcdEndpoints,
  etcdLogin,
  etcdFiles,
  clusterSecrets,
  clusterSizes,
  otlpHeaders,
]
