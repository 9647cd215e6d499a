import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The cores of the server and of the load generator. Or the reason why they have no cores of their own. */
export type Cores =
  | { readonly pinned: true; readonly server: number; readonly client: number }
  | { readonly pinned: false; readonly why: string }

export function findCores(): Cores {
  if (spawnSync('taskset', ['-V']).status !== 0) return { pinned: false, why: 'taskset is not installed' }
  const [server, client] = allowedCores()
  if (server === undefined || client === undefined) return { pinned: false, why: 'there is only one core' }
  return { pinned: true, server, client }
}

/** The command that runs `command` on that core only, with all its threads and children. The process id stays the same. */
export function pinnedCommand(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : ['taskset', '-c', String(core), ...command]
}

/** Parses a list such as `0-1,4`. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
