import type { Outcome } from './outcome.ts'

/**
 * One view of the page. While the view and the page are visible, it reads from the server repeatedly. It keeps trying if the server
 * does not answer. If the server names a time to wait, it waits.
 */
export abstract class View {
  readonly #everyMs: number | undefined
  #isShown = false
  #timer = 0
  /** Only the newest run continues. An older run that still waits for an answer when the view is shown again ends then. */
  #run = 0

  /** @param everyMs the pause between two reads; without it the view reads once each time it is shown */
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

  /** Called before the view is shown, and when the address changes, with the part of the address that is for the view, or ''. */
  go(_place: string): void {}

  hide(): void {
    this.#isShown = false
    this.refresh()
  }

  /** Reads at once if the view is shown, and then continues as before. */
  refresh(): void {
    clearTimeout(this.#timer)
    const run = ++this.#run
    if (this.#isShown && !document.hidden) void this.#go(run)
  }

  /**
   * Reads from the server and shows the answer. Resolves to the outcome, or to null if there was nothing to read.
   * @param isCurrent tells whether the answer is still needed when it arrives
   */
  protected abstract read(isCurrent: () => boolean): Promise<Outcome | null>

  async #go(run: number): Promise<void> {
    const outcome = await this.read(() => run === this.#run)
    if (run !== this.#run || this.#everyMs === undefined) return
    const askedToWaitMs = outcome?.success === false ? Number(outcome.error.details?.['retry_after_ms'] ?? 0) : 0
    this.#timer = setTimeout(() => void this.#go(run), Math.max(this.#everyMs, askedToWaitMs))
  }
}
