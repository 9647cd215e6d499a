import { announce } from '../rooms/announce.ts'
import type { PrimaryContext } from './context.ts'

/** The other nodes hear from this one that its connections are gone, before it is. */
export async function sayGoodbye(context: PrimaryContext): Promise<void> {
  const { cluster, commits, publisher } = context
  if (cluster.nodes.length > 1) await announce(context)
  await commits.idle()
  await publisher.close()
}
