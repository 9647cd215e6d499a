import { systemClock, type Clock } from '../base/clock.ts'

/** The signals by which a person or a service manager controls a running server. */
export interface Signals {
  /** Aborts with the first SIGTERM or SIGINT. A later one ends the process at once, see `REPEAT_MS`. */
  readonly stopped: AbortSignal
  /** Sets what SIGHUP does. If SIGHUP came before this call, it is done now. */
  onReload(reload: () => void): void
  /**
   * From now on the end of the parent process counts as SIGTERM. This is for `npx drumbeat start`: npx passes a signal on to a
   * shell, and the shell ends without telling its child.
   */
  stopWithParent(): void
}

/**
 * A second signal this soon after the first counts as the same one. Ctrl-C in a terminal reaches npm and the server, and npm passes
 * it on to the server, too.
 */
const REPEAT_MS = 500
const PARENT_LOOK_MS = 200
/** The exit code of a process that is told to stop twice. */
const IMPATIENT_EXIT_CODE = 1

let watched: Signals | undefined

/**
 * Protects the process from other users: new files are for this user only, and SIGUSR1 does nothing. Without a handler it would open
 * an inspector, or end a process that was told not to open one. Call this first in each process.
 */
export function closeToOthers(): void {
  process.umask(OWNER_ONLY)
  process.on('SIGUSR1', () => {})
}

const OWNER_ONLY = 0o077

/**
 * Handles SIGTERM, SIGINT and SIGHUP from now on. Without a handler each of them ends the process, so call this before anything that
 * takes time, and before the modules of the server are loaded. Later calls return the same object.
 */
export function watchSignals(clock: Clock = systemClock): Signals {
  watched ??= createSignals(clock)
  return watched
}

function createSignals(clock: Clock): Signals {
  const stopping = new AbortController()
  let stoppedAtMs = 0
  const onStop = () => {
    if (!stopping.signal.aborted) {
      stoppedAtMs = clock.nowMs()
      stopping.abort()
    } else if (clock.nowMs() - stoppedAtMs > REPEAT_MS) process.exit(IMPATIENT_EXIT_CODE)
  }
  process.on('SIGTERM', onStop)
  process.on('SIGINT', onStop)
  const parent = process.ppid
  let reload: (() => void) | undefined
  let isReloadWaiting = false
  process.on('SIGHUP', () => {
    if (reload) reload()
    else isReloadWaiting = true
  })
  return {
    stopped: stopping.signal,
    onReload: (run) => {
      reload = run
      if (isReloadWaiting) run()
    },
    stopWithParent: () => {
      const timer = setInterval(() => {
        if (process.ppid === parent) return
        clearInterval(timer)
        onStop()
      }, PARENT_LOOK_MS)
      timer.unref()
    },
  }
}

/**
 * Ignores signals in a worker or a host. Ctrl-C in a terminal and SIGTERM of a service manager reach the whole process group, but
 * the primary decides what happens.
 */
export function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
}
