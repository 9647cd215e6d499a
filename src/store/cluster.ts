/**
 * The port to the other nodes that share the store. What may be relied on, of every adapter:
 *
 * - What a node publishes is seen by all others, in the order in which it was published, and is gone when the node is: at
 *   once where it ends in order, after NODE_TTL where it dies.
 * - What a follower is told stands in one order with the log: a change that was published before an event was committed is
 *   told before that event is given.
 */
export interface Cluster {
  /** This node's name. */
  readonly node: string
  /** The nodes that live, this one included, sorted. */
  readonly nodes: readonly string[]
  /** The store is this node's alone: there is nobody to tell of anything. */
  readonly isAlone: boolean
  /** This node does what only one of the nodes should do. True for a moment in two nodes at most: guard what you do. */
  readonly isCaretaker: boolean
  /** Why this node may be behind the others; undefined: it is not. */
  readonly fault: string | undefined
  /** Tells what the other nodes have published, then each change of it. One follower. */
  follow(follower: ClusterFollower): Promise<void>
  /**
   * Replaces parts of what this node has published; undefined takes one away.
   * Throws StoreUnavailable or OutcomeUnknown: then it has to be published again.
   */
  publish(shards: ReadonlyMap<string, Uint8Array | undefined>): Promise<void>
  /** Resolves when all that any node has committed or published before was given to this node's followers. Throws StoreUnavailable. */
  catchUp(): Promise<void>
}

export interface ClusterFollower {
  /** undefined: it is gone. */
  readonly onShard: (node: string, shard: string, value: Uint8Array | undefined) => void
  /** The node ended or died; its shards go with it, and are told after this. */
  readonly onNodeGone: (node: string) => void
  /** The others have been told that this node is gone, which is not true: all it had published is published again. */
  readonly onTakenForDead: () => void
}

/** The only node of an embedded store. */
export function createAlone(node: string): Cluster {
  return {
    node,
    nodes: [node],
    isAlone: true,
    isCaretaker: true,
    fault: undefined,
    follow: () => Promise.resolve(),
    publish: () => Promise.resolve(),
    catchUp: () => Promise.resolve(),
  }
}
