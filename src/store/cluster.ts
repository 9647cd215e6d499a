/**
 * The port to the other nodes that share the store. Every adapter guarantees:
 *
 * - All other nodes see what a node publishes, in the order in which it was published. It is gone when the node is: at once if
 *   the node ends in order, after NODE_TTL if it dies.
 * - A follower gets changes in one order with the log: a change that was published before an event was committed is given before
 *   that event.
 * - A name that a node has claimed is no other node's, until the node gives it up or is gone. A follower hears of a claim before
 *   of anything that its node publishes or commits afterwards.
 */
export interface Cluster {
  readonly node: string
  /** The nodes that are alive, including this one, sorted. */
  readonly nodes: readonly string[]
  /** True if this node does not share the store, so that there is no other node to tell anything. */
  readonly isAlone: boolean
  /**
   * True if this node does what only one of the nodes should do. For a moment it may be true on two nodes, so guard what you do.
   */
  readonly isCaretaker: boolean
  /** Why this node may be behind the others. Undefined if it is not. */
  readonly fault: string | undefined
  /** Gives what the other nodes have published, then each change of it. There can be only one follower. */
  follow(follower: ClusterFollower): Promise<void>
  /**
   * Replaces parts of what this node has published; a part that is undefined is deleted. If it throws StoreUnavailable or
   * OutcomeUnknown, the parts have to be published again.
   */
  publish(shards: ReadonlyMap<string, Uint8Array | undefined>): Promise<void>
  /**
   * Claims a name for this node. Resolves to false if another node has it. `value` is what followers are given with it. If it
   * throws StoreUnavailable or OutcomeUnknown, the name is given up.
   */
  claim(name: string, value: Uint8Array): Promise<boolean>
  /** Followers are given another value with a name that this node has claimed; sooner or later, and the newest one only. */
  restate(name: string, value: Uint8Array): void
  /** Gives a name up, sooner or later. */
  release(name: string): void
  /**
   * Resolves when this node's followers were given all that any node committed or published before the call. Throws
   * StoreUnavailable.
   */
  catchUp(): Promise<void>
}

export interface ClusterFollower {
  /** `value` is undefined if the shard is gone. */
  readonly onShard: (node: string, shard: string, value: Uint8Array | undefined) => void
  /** The node ended or died. What it had claimed and its shards are gone, too; `onClaim` and `onShard` are called for them after this. */
  readonly onNodeGone: (node: string) => void
  /** A node has claimed the name, or has another value for it. `claim` is undefined if the name is nobody's any more. */
  readonly onClaim: (name: string, claim: { readonly node: string; readonly value: Uint8Array } | undefined) => void
  /** This node had lost its place, and another one has claimed the name meanwhile. */
  readonly onClaimLost: (name: string) => void
  /** The other nodes were told that this node is gone, although it is not. It publishes all its shards again. */
  readonly onTakenForDead: () => void
}

/** A cluster of one node, for an embedded store. */
export function createAlone(node: string): Cluster {
  return {
    node,
    nodes: [node],
    isAlone: true,
    isCaretaker: true,
    fault: undefined,
    follow: () => Promise.resolve(),
    publish: () => Promise.resolve(),
    claim: () => Promise.resolve(true),
    restate() {},
    release() {},
    catchUp: () => Promise.resolve(),
  }
}
