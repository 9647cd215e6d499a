import type { Cores } from './cores.ts'
import { generate, type Measured } from './generator.ts'
import type { Job } from './load/order.ts'
import { findPeer } from './peers/index.ts'
import { startServer } from './server.ts'

/** One run of one line in a workload's table. */
export type Trial = { readonly line: string } & (Measured | { readonly failed: string })

export interface TrialOptions {
  readonly peer: string
  readonly job: Job
  readonly cores: Cores
  readonly onPhase: (phase: string) => void
}

/** Starts the server and the generator, and stops both whatever happens. */
export async function measureOnce({ peer: name, job, cores, onPhase }: TrialOptions): Promise<Measured> {
  const peer = findPeer(name)
  const server = await startServer(peer, cores.pinned ? cores.server : undefined)
  try {
    return await generate(server, { peer, job, cores, onPhase })
  } finally {
    await server.stop()
  }
}
