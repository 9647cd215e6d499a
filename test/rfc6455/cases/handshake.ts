/** RFC 6455 section 4.2: the opening handshake, as the server reads and answers it. */
import type { HandshakeCase } from '../case.ts'

const KEYS = [
  'AAAAAAAAAAAAAAAAAAAAAA==',
  '/////////////////////w==',
  'x3JJHMbDL1EzLkh9GBhXDw==',
  'AQIDBAUGBwgJCgsMDQ4PEA==',
]

type Unplaced = Omit<HandshakeCase, 'section' | 'id'>

const GOOD: Readonly<Record<string, Unplaced>> = {
  plain: { name: 'the least that makes a handshake', wants: '101' },
  ...Object.fromEntries(
    KEYS.map((key, i) => [
      `key-${i + 1}`,
      { name: `the key ${key} is answered with its accept`, headers: { 'sec-websocket-key': key }, wants: '101' },
    ]),
  ),
  'names-in-capitals': {
    name: 'names of headers in capitals',
    headers: { upgrade: undefined, connection: undefined, 'sec-websocket-version': undefined },
    lines: ['UPGRADE: websocket', 'CONNECTION: Upgrade', 'SEC-WEBSOCKET-VERSION: 13'],
    wants: '101',
  },
  'upgrade-in-capitals': { name: 'WebSocket in capitals', headers: { upgrade: 'WEBSOCKET' }, wants: '101' },
  'upgrade-list': { name: 'a list of protocols to upgrade to', headers: { upgrade: 'h2c, websocket' }, wants: '101' },
  'connection-in-lower-case': { name: 'upgrade in lower case', headers: { connection: 'upgrade' }, wants: '101' },
  'connection-list': {
    name: 'a list of connection options',
    headers: { connection: 'keep-alive, Upgrade' },
    wants: '101',
  },
  'connection-twice': {
    name: 'connection options in two lines',
    headers: { connection: 'keep-alive' },
    lines: ['Connection: Upgrade'],
    wants: '101',
  },
  'space-around-values': {
    name: 'white space around values',
    headers: { 'sec-websocket-version': '  13  ' },
    wants: '101',
  },
  'no-space': {
    name: 'no white space before a value',
    headers: { upgrade: undefined },
    lines: ['Upgrade:websocket'],
    wants: '101',
  },
  'unknown-headers': {
    name: 'headers that mean nothing',
    headers: { 'x-anything': 'value', cookie: 'a=b' },
    wants: '101',
  },
  // Where a segment ends within the request line uWS may answer 505: that hangs on how the kernel puts segments together.
  segments: { name: 'in segments of 64 bytes', cut: 64, wants: '101' },
  'subprotocol-json': {
    name: 'a subprotocol that is known is chosen',
    headers: { 'sec-websocket-protocol': 'game.v1.json' },
    wants: '101, game.v1.json',
  },
  'subprotocol-msgpack': {
    name: 'the other subprotocol',
    headers: { 'sec-websocket-protocol': 'game.v1.msgpack' },
    wants: '101, game.v1.msgpack',
  },
  'subprotocol-of-several': {
    name: 'the first that is known of several',
    headers: { 'sec-websocket-protocol': 'chat, game.v1.msgpack, game.v1.json' },
    wants: ['101, game.v1.msgpack', '101, game.v1.json'],
  },
  'subprotocol-in-two-lines': {
    name: 'subprotocols in two lines',
    headers: { 'sec-websocket-protocol': 'chat' },
    lines: ['Sec-WebSocket-Protocol: game.v1.json'],
    wants: '101, game.v1.json',
  },
  'extension-deflate': {
    name: 'compression is offered and not taken',
    headers: { 'sec-websocket-extensions': 'permessage-deflate' },
    wants: '101',
  },
  'extension-with-parameters': {
    name: 'compression with parameters',
    headers: { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits, x-webkit-deflate-frame' },
    wants: '101',
  },
  'extension-unknown': {
    name: 'an extension that nobody knows',
    headers: { 'sec-websocket-extensions': 'x-anything' },
    wants: '101',
  },
  query: { name: 'a query behind the path', path: '/core/game/v1/real-time/public?a=b', wants: '101' },
}

const NO_UPGRADE: Readonly<Record<string, Unplaced>> = {
  'no-upgrade': { name: 'no Upgrade', headers: { upgrade: undefined }, wants: ['426', '400'] },
  'other-upgrade': { name: 'an upgrade to something else', headers: { upgrade: 'h2c' }, wants: ['426', '400'] },
  'upgrade-prefix': {
    name: 'a protocol whose name only begins so',
    headers: { upgrade: 'websocket2' },
    wants: ['426', '400'],
  },
  'no-connection': { name: 'no Connection', headers: { connection: undefined }, wants: ['426', '400'] },
  'other-connection': {
    name: 'a Connection without Upgrade',
    headers: { connection: 'keep-alive' },
    wants: ['426', '400'],
  },
  'no-version': { name: 'no version', headers: { 'sec-websocket-version': undefined }, wants: ['426', '400'] },
  ...Object.fromEntries(
    ['0', '7', '8', '12', '14', '25', '256', '13.0', '+13', 'thirteen'].map((version) => [
      `version-${version}`,
      { name: `version ${version}`, headers: { 'sec-websocket-version': version }, wants: ['426', '400'] },
    ]),
  ),
}

const BAD: Readonly<Record<string, Unplaced>> = {
  'no-key': { name: 'no key', headers: { 'sec-websocket-key': undefined }, wants: ['400', '426'] },
  'empty-key': { name: 'an empty key', headers: { 'sec-websocket-key': '' }, wants: ['400', '426'] },
  'short-key': { name: 'a key of 15 bytes', headers: { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAA' }, wants: '400' },
  'long-key': { name: 'a key of 17 bytes', headers: { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAAA=' }, wants: '400' },
  'key-not-base64': {
    name: 'a key that is not base64',
    headers: { 'sec-websocket-key': '????????????????????????' },
    wants: '400',
  },
  'key-twice': { name: 'two keys', lines: ['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='], wants: '400' },
  'no-host': { name: 'no Host', headers: { host: undefined }, wants: '400' },
  'two-hosts': { name: 'two Hosts', lines: ['Host: other.example'], wants: '400' },
  post: { name: 'POST', method: 'POST', wants: ['405', '400'] },
  'method-in-lower-case': { name: 'get in lower case, which is another method', method: 'get', wants: ['405', '400'] },
  'http-1.0': { name: 'HTTP/1.0', version: '1.0', wants: ['505', '400', '426'] },
  'other-path': { name: 'a path without a WebSocket', path: '/core/game/v1/real-time/other', wants: '404' },
  'unknown-subprotocols': {
    name: 'only subprotocols that nobody knows',
    headers: { 'sec-websocket-protocol': 'chat' },
    wants: ['101', '400'],
    does: '400',
  },
  'other-origin': { name: 'a page of another origin', headers: { origin: 'http://evil.example' }, wants: '403' },
}

export const HANDSHAKES: readonly HandshakeCase[] = [
  ...place(GOOD, '4.2.2'),
  ...place(NO_UPGRADE, '4.4'),
  ...place(BAD, '4.2.1'),
]

function place(cases: Readonly<Record<string, Unplaced>>, section: string): HandshakeCase[] {
  return Object.entries(cases).map(([id, it]) => ({ ...it, id: `handshake.${id}`, section }))
}
