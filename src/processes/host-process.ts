import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { NO_INSPECTOR, pipeOf, processOf, type ChildOptions, type NodeProcess } from './child-process.ts'

/** A process that runs the games of rooms. */
export interface HostProcess extends NodeProcess {
  /** The callback that made the host end. Undefined if there was none. It is known when `ended` resolves. */
  readonly culprit: Culprit | undefined
}

/**
 * A callback that did not end, or that ran when the memory was used up. The watcher thread of the host sends it as a line of
 * JSON.
 */
export interface Culprit {
  /** `time`: the thread has ended the process. `memory`: V8 ended it soon after this message. */
  readonly why: 'time' | 'memory'
  /** The number of the room. */
  readonly handle: number
  readonly game: string
  /** Such as `on.fire`, `tick`, `bots.easy`. */
  readonly callback: string
  readonly tick: number
  /** How long the callback had run. Only for `time`. */
  readonly ranMs: number
}

/**
 * V8's default, which is four times what the other processes have. In a smaller young generation, states of the last two seconds
 * outlive it and are copied again and again. With 100 rooms of 8 players at 20 Hz garbage collection takes 0.036 of a core
 * instead of 0.085, and everything 0.19 instead of 0.26.
 */
const HOST_YOUNG_GENERATION = '--max-semi-space-size=16'

/** The file descriptor that the watcher thread writes to. It cannot use the link, because the main thread, which has it, is stuck. */
const WATCHER_FD = 4

export interface HostProcessOptions extends ChildOptions {
  /** The limit of V8's heap in MiB. A host that needs more ends, so that the machine does not run out of memory. */
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
    // Everything that the watcher had written is read first.
    ended: ended.then(async (how) => {
      await read
      // A process that was short of memory once and recovered died of something else.
      if (suspect?.why === 'time' || OUT_OF_MEMORY.test(how)) culprit = suspect
      return culprit === undefined ? how : `${how}, as ${describeCulprit(culprit)}`
    }),
    get culprit() {
      return culprit
    },
  }
}

/** How a process ends if V8's heap is full. */
const OUT_OF_MEMORY = /^(?:SIGABRT|SIGTRAP|SIGILL|exit code 13[34])$/

function describeCulprit({ why, game, callback, tick, ranMs, handle }: Culprit): string {
  const what = why === 'time' ? `had not ended after ${ranMs} ms` : 'ran when the memory was used up'
  return `${callback} of the game ${game} ${what} (room ${handle}, tick ${tick})`
}

/** Returns undefined if the line was cut off because the process ended. */
function parseCulprit(line: string): Culprit | undefined {
  try {
    return JSON.parse(line) as Culprit
  } catch {
    return undefined
  }
}
