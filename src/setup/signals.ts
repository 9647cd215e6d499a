import { systemClock, type Clock } from '../base/clock.ts'

/** What a person or a service manager asks of a running server by signals. */
export interface Signals {
  /** Aborts with the first SIGTERM or SIGINT. A later one ends the process at once, see `REPEAT_MS`. */
  readonly stopped: AbortSignal
  /** Takes what SIGHUP does. If SIGHUP came before this call, it is done now. */
  onReload(reload: () => void): void
  /**
   * From now on the end of the parent process counts as SIGTERM. For `npx drumbeat start`: npx passes a signal on to a shell, and the shell
   * ends without telling its child.
   */
  stopWithParent(): void
}

/**
 * A second signal this soon after the first is taken for the same one: Ctrl-C in a terminal reaches npm and the server, and npm
 * passes on what it got.
 */
const REPEAT_MS = 500
const PARENT_LOOK_MS = 200
/** How a process ends that is told to stop twice. */
const IMPATIENT_EXIT_CODE = 1

let watched: Signals | undefined

/**
 * What is for this user only: files are made so, and SIGUSR1 does nothing, where Node would open an inspector, or end a process that was
 * told not to. To be called first in each process.
 */
export function closeToOthers(): void {
  process.umask(OWNER_ONLY)
  process.on('SIGUSR1', () => {})
}

const OWNER_ONLY = 0o077

/**
 * Takes SIGTERM, SIGINT and SIGHUP from now on: without a handler each of them ends the process. So this is called before anything
 * that takes time, and before the modules of the server are loaded. Later calls return the same.
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

/** In a worker: a terminal's Ctrl-C and a service manager's SIGTERM reach the whole group, and the primary decides what happens. */
export function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
}
