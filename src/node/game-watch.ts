import type { Clock } from '../base/clock.ts'
import { fileStamp } from '../base/file-stamp.ts'
import type { Log } from '../base/log.ts'
import { shownPath } from '../base/shown-path.ts'
import type { GameInfo, LoadedFile } from '../link/methods/host.ts'

export interface GameWatchOptions {
  /** Has the games loaded anew: see `Reload.games`. */
  readonly swap: () => Promise<Error | undefined>
  readonly games: () => readonly GameInfo[]
  readonly clock: Clock
  readonly log: Log
}

/**
 * Sees that files of games were saved, and has the games loaded anew. It looks at the files now and then: that costs next to nothing with the few of a
 * game, and sees what editors, git, mounted folders and containers do, which notifications of the file system do not.
 */
export class GameWatch {
  readonly #options: GameWatchOptions
  /** Each file as it was loaded last, or was when that was tried. */
  #loaded: ReadonlyMap<string, string> = new Map()
  /** What had changed at the last look: a file may still be being written. */
  #settling = ''
  #isSwapping = false

  constructor(options: GameWatchOptions) {
    this.#options = options
  }

  /** A host has read these, whatever came of it. */
  loaded(files: readonly LoadedFile[]): void {
    this.#loaded = new Map(files.map(({ file, stamp }) => [file, stamp]))
  }

  /** To be called now and then. Resolves when what it has seen was dealt with. */
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
      log.error({ changed }, `the games were not loaded anew, the old ones go on:\n${why.message}`)
      return
    }
    const names = games().map(({ name, version }) => `${name} ${version}`)
    log.info({ changed, games: names, tookMs: Math.round(clock.nowMs() - startedMs) }, 'the games were loaded anew')
  }
}
