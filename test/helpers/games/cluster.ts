import type { Test } from 'tap'
import type { ClientOptions } from '../../../src/client/index.ts'
import type { Game } from '../../../src/games/define.ts'
import { MemoryEtcd } from '../memory-etcd.ts'
import { House, type HouseOptions } from '../house/house.ts'
import type { HouseWorker } from '../house/worker.ts'
import { realHost } from '../house/real-host.ts'
import { playersOf, type Player, type Players } from './players.ts'

/** A node, and those who play at it. */
export type NodePlayers = Omit<Players, 'enter' | 'enterAsGuest' | 'enterAll' | 'makeRoom'>

export interface GameCluster {
  readonly etcd: MemoryEtcd
  readonly nodes: readonly [NodePlayers, NodePlayers, ...NodePlayers[]]
  /** The worker of a node, counted from 0. */
  readonly here: (node: number) => HouseWorker
  /** A player whose address leads to any node, as that of a load balancer. */
  readonly playerAnywhere: (user: string, options?: Partial<ClientOptions>) => Promise<Player>
  /** The node died some time ago: the others are told. */
  readonly expire: (node: number) => void
}

/** Nodes n1, n2, … in one process, which share an etcd in memory, with real hosts for these games. They are closed when the test ends. */
export async function openGameCluster(
  t: Test,
  games: readonly Game[],
  { count = 2, seed = 1, ...options }: Omit<HouseOptions, 'asNode'> & { readonly count?: number } = {},
): Promise<GameCluster> {
  let first: House | undefined
  const etcd: MemoryEtcd = new MemoryEtcd(() => first?.chance.fraction() ?? 0)
  const nodes: NodePlayers[] = []
  for (let i = 1; i <= count; i++) {
    const house: House = await House.open({
      ...options,
      seed,
      startHost: realHost(games),
      env: { GAME_HOSTS: '1', WORKERS: '1', ...options.env },
      asNode: { name: `n${i}`, etcd, ...(first && { beside: first }) },
    })
    first ??= house
    nodes.push({ house, pass: (forMs) => house.time.pass(forMs), ...playersOf(house) })
  }
  // Time is the first one's.
  t.teardown(async () => {
    for (const { house } of nodes.toReversed()) await house.close()
  })
  const [node, another, ...others] = nodes
  if (!first || !node || !another) throw new Error('a cluster has two nodes or more')
  const { anyUrl } = first
  return {
    etcd,
    nodes: [node, another, ...others],
    here: (place) => {
      const house = nodes[place]?.house
      if (!house) throw new Error(`there is no node ${place}`)
      return house.worker(0)
    },
    playerAnywhere: (user, more) => node.player(user, { url: anyUrl, ...more }),
    expire: (place) => etcd.expire(`/drumbeat/live/nodes/n${place + 1}`),
  }
}
