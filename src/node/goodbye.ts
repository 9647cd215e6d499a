import { announce } from '../rooms/announce.ts'
import type { PrimaryContext } from './context.ts'

/** Tells the other nodes that the connections of this node are gone, before it stops. */
export async function sayGoodbye(context: PrimaryContext): Promise<void> {
  const { cluster, commits, publisher } = context
  if (cluster.nodes.length > 1) await announce(context)
  await commits.idle()
  await publisher.close()
}
