import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { pipeOf, processOf, YOUNG_GENERATION, type ChildOptions, type NodeProcess } from './child-process.ts'

/** A process that runs the games of rooms. */
export interface HostProcess extends NodeProcess {
  /** What the host was in when it had to be ended; undefined if it has not said so. Known when `ended` resolves. */
  readonly culprit: Culprit | undefined
}

/** A callback that did not end: what a host's watcher thread says, in a line of JSON, before it ends the process. */
export interface Culprit {
  /** Of the room. */
  readonly handle: number
  readonly game: string
  /** As `on.fire`, `tick`, `bots.easy`. */
  readonly callback: string
  readonly tick: number
  /** How long it had run. */
  readonly ranMs: number
}

/** Where the watcher thread writes: the main thread, which has the link, is stuck when it does. */
const WATCHER_FD = 4

export interface HostProcessOptions extends ChildOptions {
  /** MiB of V8's heap: a host that needs more ends, and not the machine. */
  readonly heapMibMax: number
}

export function spawnHost({ script, env, heapMibMax }: HostProcessOptions): HostProcess {
  const args = [YOUNG_GENERATION, `--max-old-space-size=${heapMibMax}`, script, '--host']
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
    env: { ...env },
  })
  const lines = createInterface({ input: pipeOf(child, WATCHER_FD) })
  let culprit: Culprit | undefined
  lines.on('line', (line) => (culprit = parseCulprit(line) ?? culprit))
  const read = new Promise<void>((resolve) => lines.once('close', resolve))
  const { ended, ...rest } = processOf(child)
  return {
    ...rest,
    // What it had written is read first.
    ended: ended.then(async (how) => {
      await read
      return culprit === undefined ? how : `${how}, as ${describeCulprit(culprit)}`
    }),
    get culprit() {
      return culprit
    },
  }
}

function describeCulprit({ game, callback, tick, ranMs, handle }: Culprit): string {
  return `${callback} of the game ${game} had not ended after ${ranMs} ms (room ${handle}, tick ${tick})`
}

/** Returns undefined for a line that was cut off with its process. */
function parseCulprit(line: string): Culprit | undefined {
  try {
    return JSON.parse(line) as Culprit
  } catch {
    return undefined
  }
}
