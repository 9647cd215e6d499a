import { Refusal } from '../protocol/errors.ts'
import { addressKey, createPeerReader } from './address.ts'
import type { Accepted, Access, HandshakeOptions } from './handshake.ts'
import { guestIdentity, playerIdentity } from './identity.ts'
import { checkOrigin, corsHeaders, createOriginPolicy } from './origin.ts'
import { preflightHeaders } from './preflight.ts'
import { Headers, readQuery, type RequestHead } from './request-head.ts'

/** The version of Engine.IO, the layer below Socket.IO, that socket.io-client 3 and 4 speak. */
const ENGINE_VERSION = '4'

/** The first request of a session, if it may go on. The user is known later, from Socket.IO's CONNECT packet. */
export interface Admitted {
  readonly access: Access
  readonly headers: Headers
  readonly query: ReadonlyMap<string, string>
  readonly address: string
  readonly isProxied: boolean
}

/** What a CONNECT packet contains. */
export interface ConnectClaims {
  readonly token: string | undefined
  /** The resume token of the previous session, whether or not that can be resumed. */
  readonly resumeToken: string | undefined
  readonly sessionId: string
  readonly resume: Accepted['resume']
}

/** The checks for Socket.IO clients, in place of the handshake. All methods but `corsHeaders` throw a Refusal. */
export interface SocketIoGate {
  /** Call this first, for each request. */
  check(head: RequestHead): void
  admit(head: RequestHead, access: Access): Admitted
  accept(admitted: Admitted, claims: ConnectClaims): Accepted
  /** Returns the headers of the answer to a preflight, or undefined if the request is none. */
  preflightHeaders(head: RequestHead): Readonly<Record<string, string>> | undefined
  /** Returns the headers that let a page of an allowed origin read the answer. */
  corsHeaders(head: RequestHead): Readonly<Record<string, string>>
}

export function createSocketIoGate(options: HandshakeOptions): SocketIoGate {
  const { namespaces, admission, checkHead } = options
  const origins = createOriginPolicy(options.allowedOrigins)
  const peerOf = createPeerReader(options.trustedProxies)
  return {
    check: (head) => checkHead(head, new Headers(head.headers)),

    admit(head, access) {
      const headers = new Headers(head.headers)
      const query = readQuery(head.query, ['EIO', 'transport', 'token'])
      if (!query.has('EIO') && !query.has('transport')) throw new Refusal('NOT_FOUND', 'no such path')
      const { address, isProxied } = peerOf(head.remoteAddress, headers.all('x-forwarded-for'))
      const notNow = admission.check(addressKey(address), namespaces[access])
      if (notNow) throw notNow
      checkOrigin(headers, origins, isProxied)
      if (query.get('EIO') !== ENGINE_VERSION) {
        const message = `Engine.IO ${ENGINE_VERSION} is spoken here: socket.io-client 3 or 4`
        throw new Refusal('BAD_REQUEST', message, { path: 'EIO' })
      }
      return { access, headers, query, address, isProxied }
    },

    preflightHeaders(head) {
      const headers = new Headers(head.headers)
      const { isProxied } = peerOf(head.remoteAddress, headers.all('x-forwarded-for'))
      return preflightHeaders(head.method, headers, { origins, methods: 'GET, POST', isProxied })
    },

    corsHeaders: (head) => corsHeaders(origins, new Headers(head.headers)),

    accept({ access, headers, query, address, isProxied }, { token, resumeToken, sessionId, resume }) {
      const namespace = namespaces[access]
      const ofGuest = new Map(resumeToken === undefined ? [] : [['resume', resumeToken]])
      const identity =
        access === 'guest'
          ? guestIdentity({ headers, query: ofGuest }, namespace, options)
          : playerIdentity({ headers, query, token }, isProxied, options)
      return {
        kind: 'accept',
        access,
        namespace,
        ...identity,
        encoding: 'json',
        subprotocol: '',
        key: '',
        address,
        addressKey: addressKey(address),
        resume,
        sessionId,
      }
    },
  }
}
