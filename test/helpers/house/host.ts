import type { Duplex } from 'node:stream'
import type { Culprit, HostProcess } from '../../../src/processes/host-process.ts'
import { createPipe, type PipeEnd } from './pipe.ts'

/** Runs games at the other end of a link to the primary. */
export type StartHost = (stream: Duplex, onClose: () => void) => { close(): void }

export class HouseHost {
  /** The primary's view of it. */
  readonly process: HostProcess
  readonly #end: PipeEnd
  readonly #primaryEnd: PipeEnd
  readonly #running: { close(): void }
  #hasEnded = false
  #culprit: Culprit | undefined
  #resolveEnded: (how: string) => void = () => {}

  constructor(start: StartHost, linkDelayMs: () => number) {
    const [primaryEnd, end] = createPipe(linkDelayMs)
    this.#end = end
    this.#primaryEnd = primaryEnd
    const ended = new Promise<string>((resolve) => (this.#resolveEnded = resolve))
    const culprit = () => this.#culprit
    this.process = {
      pid: undefined,
      link: primaryEnd,
      kill: () => this.kill(),
      ended,
      get culprit() {
        return culprit()
      },
    }
    this.#running = start(end, () => this.kill())
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Acts as SIGKILL does. @param culprit what its watcher has reported before */
  kill(culprit?: Culprit): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#culprit = culprit
    this.#running.close()
    this.#end.destroy()
    setImmediate(() => this.#resolveEnded('SIGKILL'))
  }

  /** From now on it gets nothing from the primary, until `thaw`. */
  freeze(): void {
    this.#end.hold()
  }

  thaw(): void {
    this.#end.release()
  }

  /** From now on the primary gets nothing from it, until the returned function is called. */
  unheard(): () => void {
    this.#primaryEnd.hold()
    return () => this.#primaryEnd.release()
  }
}
