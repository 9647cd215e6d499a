import type { Clock } from '../base/clock.ts'
import { fileStamp } from '../base/file-stamp.ts'
import type { Log } from '../base/log.ts'
import { shownPath } from '../base/shown-path.ts'
import type { GameInfo, LoadedFile } from '../link/methods/host.ts'

export interface GameWatchOptions {
  /** Loads the games again. See `Reload.games`. */
  readonly swap: () => Promise<Error | undefined>
  readonly games: () => readonly GameInfo[]
  readonly clock: Clock
  readonly log: Log
}

/**
 * Loads the games again when their files are saved. It polls the files, which costs little because a game has few. Unlike
 * notifications of the file system, polling sees every change that editors, git, mounted folders and containers make.
 */
export class GameWatch {
  readonly #options: GameWatchOptions
  /** The stamp of each file when it was last loaded, or when loading it failed. */
  #loaded: ReadonlyMap<string, string> = new Map()
  /** The changes of the last look. They count only if they are the same now: before, a file may still be being written. */
  #settling = ''
  #isSwapping = false

  constructor(options: GameWatchOptions) {
    this.#options = options
  }

  /** Call this when a host has read these files, also if it could not use them. */
  loaded(files: readonly LoadedFile[]): void {
    this.#loaded = new Map(files.map(({ file, stamp }) => [file, stamp]))
  }

  /** Call this now and then. Resolves when the changes that it found have been handled. */
  async look(): Promise<void> {
    if (this.#isSwapping) return
    const changed = Array.from(this.#loaded.keys(), (file) => ({ file, stamp: fileStamp(file) })).filter(
      ({ file, stamp }) => stamp !== this.#loaded.get(file),
    )
    const seen = JSON.stringify(changed)
    const isSettled = seen === this.#settling
    this.#settling = seen
    if (changed.length === 0 || !isSettled) return
    this.#loaded = new Map([...this.#loaded, ...changed.map(({ file, stamp }) => [file, stamp] as const)])
    this.#isSwapping = true
    await this.#swap(changed.map(({ file }) => shownPath(file))).finally(() => (this.#isSwapping = false))
  }

  async #swap(changed: readonly string[]): Promise<void> {
    const { swap, games, clock, log } = this.#options
    const startedMs = clock.nowMs()
    const why = await swap()
    if (why) {
      log.error({ changed }, `the games could not be loaded again, so the old ones continue:\n${why.message}`)
      return
    }
    const names = games().map(({ name, version }) => `${name} ${version}`)
    log.info({ changed, games: names, tookMs: Math.round(clock.nowMs() - startedMs) }, 'the games were loaded again')
  }
}
