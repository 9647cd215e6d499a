import type { Dialect } from '../../src/load/dialect.ts'
import { colyseus } from './colyseus.ts'
import { drumbeat, drumbeatMsgpack, drumbeatFour, drumbeatPrivate, drumbeatTwo } from './drumbeat.ts'
import { fastify } from './fastify.ts'
import type { Peer } from './peer.ts'
import { socketIo, socketIoCluster, socketIoUws } from './socket-io.ts'
import { uws, uwsEcho } from './uws.ts'
import { ws, wsEcho } from './ws.ts'

const PEERS: readonly Peer[] = [
  drumbeat,
  drumbeatMsgpack,
  drumbeatPrivate,
  drumbeatTwo,
  drumbeatFour,
  uws,
  uwsEcho,
  ws,
  wsEcho,
  socketIo,
  socketIoUws,
  socketIoCluster,
  colyseus,
  fastify,
]

/** Throws if there is no such peer. */
export function findPeer(name: string): Peer {
  const peer = PEERS.find((candidate) => candidate.name === name)
  if (peer === undefined) throw new Error(`no peer ${name}; there are ${PEERS.map((each) => each.name).join(', ')}`)
  return peer
}

/** For `DialectRef`. */
export function dialectOf(name: string): Dialect {
  return findPeer(name).dialect
}
