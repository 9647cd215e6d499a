import { drumbeat } from './drumbeat.ts'
import type { Peer } from './peer.ts'
import { socketIo } from './socket-io.ts'
import { uws } from './uws.ts'
import { ws } from './ws.ts'

/** In the order of the table; the first one after ours is what the others are compared with. */
export const PEERS: readonly Peer[] = [drumbeat, uws, ws, socketIo]

/** The peer whose CPU per delivery counts as 1. */
export const BASELINE = uws.name

/** Throws where there is no such peer. */
export function findPeer(name: string): Peer {
  const peer = PEERS.find((candidate) => candidate.name === name)
  if (peer === undefined) throw new Error(`no peer ${name}; there are ${PEERS.map((each) => each.name).join(', ')}`)
  return peer
}
