import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { NO_INSPECTOR, pipeOf, processOf, type ChildOptions, type NodeProcess } from './child-process.ts'

/** A process that runs the games of rooms. */
export interface HostProcess extends NodeProcess {
  /** What the host was in when it had to be ended; undefined if it has not said so. Known when `ended` resolves. */
  readonly culprit: Culprit | undefined
}

/** A callback that did not end, or that ran when the memory did: what a host's watcher thread says, in a line of JSON. */
export interface Culprit {
  /** `time`: the thread has ended the process. `memory`: V8 has, soon after this was said. */
  readonly why: 'time' | 'memory'
  /** Of the room. */
  readonly handle: number
  readonly game: string
  /** As `on.fire`, `tick`, `bots.easy`. */
  readonly callback: string
  readonly tick: number
  /** How long it had run; of `time` only. */
  readonly ranMs: number
}

/**
 * As V8 has it by itself, and four times what the other processes have: states of the last two seconds outlive a small one and are copied again and
 * again. With 100 rooms of 8 players at 20 Hz collections take 0.036 of a core instead of 0.085, and all of it 0.19 instead of 0.26.
 */
const HOST_YOUNG_GENERATION = '--max-semi-space-size=16'

/** Where the watcher thread writes: the main thread, which has the link, is stuck when it does. */
const WATCHER_FD = 4

export interface HostProcessOptions extends ChildOptions {
  /** MiB of V8's heap: a host that needs more ends, and not the machine. */
  readonly heapMibMax: number
}

export function spawnHost({ script, env, heapMibMax }: HostProcessOptions): HostProcess {
  const args = [HOST_YOUNG_GENERATION, NO_INSPECTOR, `--max-old-space-size=${heapMibMax}`, script, '--host']
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
    env: { ...env },
  })
  const lines = createInterface({ input: pipeOf(child, WATCHER_FD) })
  let suspect: Culprit | undefined
  let culprit: Culprit | undefined
  lines.on('line', (line) => (suspect = parseCulprit(line) ?? suspect))
  const read = new Promise<void>((resolve) => lines.once('close', resolve))
  const { ended, ...rest } = processOf(child)
  return {
    ...rest,
    // What it had written is read first.
    ended: ended.then(async (how) => {
      await read
      // What was short of memory once and lived on is not what this process died of.
      if (suspect?.why === 'time' || OUT_OF_MEMORY.test(how)) culprit = suspect
      return culprit === undefined ? how : `${how}, as ${describeCulprit(culprit)}`
    }),
    get culprit() {
      return culprit
    },
  }
}

/** How V8 ends a process whose heap is full. */
const OUT_OF_MEMORY = /^(?:SIGABRT|SIGTRAP|SIGILL|exit code 13[34])$/

function describeCulprit({ why, game, callback, tick, ranMs, handle }: Culprit): string {
  const what = why === 'time' ? `had not ended after ${ranMs} ms` : 'ran when the memory was used up'
  return `${callback} of the game ${game} ${what} (room ${handle}, tick ${tick})`
}

/** Returns undefined for a line that was cut off with its process. */
function parseCulprit(line: string): Culprit | undefined {
  try {
    return JSON.parse(line) as Culprit
  } catch {
    return undefined
  }
}
