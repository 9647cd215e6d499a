import type { Outcome } from './outcome.ts'

/**
 * One view of the page. While it is shown and somebody can see the page, it reads again and again. A server that does not answer is
 * asked on; one that names a time to wait is asked after that.
 */
export abstract class View {
  readonly #everyMs: number | undefined
  #isShown = false
  #timer = 0
  /** Only the newest run goes on: one that still waits for an answer when the view comes back ends with it. */
  #run = 0

  /** @param everyMs the pause between two reads; without it the view reads once, each time that it is shown */
  constructor(everyMs?: number) {
    this.#everyMs = everyMs
    document.addEventListener('visibilitychange', () => this.refresh())
  }

  get isShown(): boolean {
    return this.#isShown
  }

  show(): void {
    this.#isShown = true
    this.refresh()
  }

  /** The address names something within the view, or nothing (empty). Called before it is shown, and when the address changes. */
  go(_place: string): void {}

  hide(): void {
    this.#isShown = false
    this.refresh()
  }

  /** Reads at once if it is shown, and from then on as before. */
  refresh(): void {
    clearTimeout(this.#timer)
    const run = ++this.#run
    if (this.#isShown && !document.hidden) void this.#go(run)
  }

  /**
   * Asks the server, and shows what it says. Resolves with what that came to, or null if there was nothing to ask for.
   * @param isCurrent whether what was read is still wanted
   */
  protected abstract read(isCurrent: () => boolean): Promise<Outcome | null>

  async #go(run: number): Promise<void> {
    const outcome = await this.read(() => run === this.#run)
    if (run !== this.#run || this.#everyMs === undefined) return
    const askedToWaitMs = outcome?.success === false ? Number(outcome.error.details?.['retry_after_ms'] ?? 0) : 0
    this.#timer = setTimeout(() => void this.#go(run), Math.max(this.#everyMs, askedToWaitMs))
  }
}
