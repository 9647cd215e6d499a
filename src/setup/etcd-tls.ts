import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { toError } from '../base/assert.ts'
import { socketAddressOf } from '../base/socket-address.ts'
import type { Settings } from '../config/settings.ts'

export interface TlsProbe {
  readonly endpoint: string
  readonly files: Pick<Settings, 'ETCD_CA_FILE' | 'ETCD_CERT_FILE' | 'ETCD_KEY_FILE'>
  readonly withinMs: number
}

/**
 * Resolves to why TLS with an endpoint fails, and which setting to look at, or to undefined if TLS is not the problem. The errors
 * of gRPC often say only that there is no connection. Never rejects.
 */
export async function findTlsFault(probe: TlsProbe): Promise<string | undefined> {
  const isTls = probe.endpoint.startsWith('https:')
  try {
    const outcome = await shakeHands(probe, isTls)
    return outcome === 'accepted' && !isTls ? SPEAKS_TLS : undefined
  } catch (cause) {
    const error: Error & { readonly code?: string } = toError(cause)
    if (isTls) return explain(error, probe.files.ETCD_CA_FILE)
    // A server that complains about a certificate speaks TLS.
    return error.code?.startsWith('ERR_SSL_') && error.code !== NO_TLS ? SPEAKS_TLS : undefined
  }
}

const SPEAKS_TLS = 'it speaks TLS: ETCD_ENDPOINTS must name it with https://'
const NO_TLS = 'ERR_SSL_WRONG_VERSION_NUMBER'

/** In TLS 1.3 a server refuses a client's certificate only after the handshake, so this waits until the server sends data. */
function shakeHands({ endpoint, files, withinMs }: TlsProbe, isTls: boolean): Promise<'accepted' | 'silent'> {
  const { host, port } = socketAddressOf(new URL(endpoint))
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file))
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      host,
      port,
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['h2', 'http/1.1'],
      rejectUnauthorized: isTls,
      ca: read(files.ETCD_CA_FILE),
      cert: read(files.ETCD_CERT_FILE),
      key: read(files.ETCD_KEY_FILE),
    })
    const end = (settle: () => void) => {
      socket.destroy()
      settle()
    }
    socket.setTimeout(withinMs, () => end(() => resolve('silent')))
    socket.once('secureConnect', () => {
      // In HTTP/2 the server sends first.
      if (socket.alpnProtocol !== 'h2') socket.write(`GET /version HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    })
    socket.once('data', () => end(() => resolve('accepted')))
    socket.once('close', () => end(() => resolve('silent')))
    socket.once('error', (error) => end(() => reject(error)))
  })
}

const NOT_VERIFIED = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

function explain(error: Error & { readonly code?: string }, ca: string | undefined): string | undefined {
  const { code = '', message } = error
  if (NOT_VERIFIED.has(code)) {
    const by = ca === undefined ? 'an authority that Node knows, and ETCD_CA_FILE is not set' : 'ETCD_CA_FILE'
    return `its certificate is not signed by ${by} (${message})`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `ETCD_ENDPOINTS must name it as its certificate does (${message})`
  if (code.startsWith('CERT_')) return `its certificate is not valid: ${message}`
  // An etcd without TLS closes the connection when it cannot read a request.
  if (code === NO_TLS || (code === 'ECONNRESET' && message.includes('before secure TLS connection')))
    return 'it does not speak TLS: ETCD_ENDPOINTS must name it with http://'
  if (code.startsWith('ERR_SSL_')) {
    const alert = code.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ')
    const isOfOurs = /certificate|unknown ca|handshake failure/.test(alert)
    return isOfOurs
      ? `it refuses this node's certificate, ETCD_CERT_FILE and ETCD_KEY_FILE (${alert})`
      : `TLS: ${alert}`
  }
  return undefined
}
