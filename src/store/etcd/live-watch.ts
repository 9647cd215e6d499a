import { assert, toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { delay } from '../../base/delay.ts'
import type { Log } from '../../base/log.ts'
import type { KeyValue, Member, WatchResponse, WatchStream } from './etcd3.ts'
import type { Members } from './members.ts'
import { endOfPrefix } from './requests.ts'

export interface LiveEvent {
  readonly key: Buffer
  /** Undefined if the key was deleted. */
  readonly value: Buffer | undefined
  readonly revision: number
}

export interface LiveWatchOptions {
  readonly members: Members
  readonly prefix: Buffer
  readonly clock: Clock
  readonly log: Log
  /** Gives all events of one or more revisions, in order. */
  readonly onEvents: (events: readonly LiveEvent[]) => void
  /** etcd no longer has what comes after `position`. */
  readonly onCompacted: (compactRevision: number) => void
}

/** If a change of this node's own does not come back within this time, the watch counts as silent and is opened anew. */
const SILENT_MS = 2_000
const CHECK_MS = 250
const OPEN_RETRY_MS = 50

/**
 * All changes below a prefix from a revision on, each once and in order, over any number of streams. A new stream begins behind
 * the last revision that was seen whole. A stream is found to be dead when changes that this node itself has written do not come
 * back.
 */
export class LiveWatch {
  readonly #options: LiveWatchOptions
  #position = 0
  #stream: WatchStream | undefined
  #member: Member | undefined
  /** The number of the current stream. What comes from earlier ones is ignored. */
  #generation = 0
  /** Parts of responses that were split. */
  #fragments: KeyEvent[] = []
  /** When something came last, or when this node began to wait for something. */
  #heardAtMs = 0
  #openedAtMs = 0
  /** The newest revision that has to come. */
  #expected = 0
  readonly #waiting: { readonly revision: number; readonly done: () => void }[] = []
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: LiveWatchOptions) {
    this.#options = options
  }

  /** Every change up to this revision was given. */
  get position(): number {
    return this.#position
  }

  /** Whether something that this node wrote a while ago has not come back. */
  get isSilent(): boolean {
    return this.#expected > this.#position && this.#options.clock.nowMs() - this.#heardAtMs > SILENT_MS
  }

  /** @param position gives changes after this revision */
  start(position: number): void {
    this.#position = position
    this.#heardAtMs = this.#options.clock.nowMs()
    this.#stream?.close()
    this.#timer ??= setInterval(() => this.#check(), CHECK_MS)
    void this.#open(++this.#generation)
  }

  /** This node has written at this revision, so the watch has to bring it. */
  expect(revision: number): void {
    if (this.#expected <= this.#position) this.#heardAtMs = this.#options.clock.nowMs()
    this.#expected = Math.max(this.#expected, revision)
  }

  /** Resolves when every change up to this revision was given. */
  reached(revision: number): Promise<void> {
    if (this.#position >= revision) return Promise.resolve()
    return new Promise((done) => this.#waiting.push({ revision, done }))
  }

  close(): void {
    this.#closed = true
    this.#generation++
    clearInterval(this.#timer)
    this.#stream?.close()
  }

  #check(): void {
    const isYoung = this.#options.clock.nowMs() - this.#openedAtMs < SILENT_MS
    if (this.isSilent && !isYoung) this.#reopen('it is silent')
    // Calls have left this member because it failed. The watch would notice that only later.
    else if (this.#stream && this.#member !== this.#options.members.current) this.#reopen('calls left its endpoint')
  }

  #reopen(reason: string): void {
    if (this.#closed) return
    const { log } = this.#options
    log.debug({ endpoint: this.#member?.endpoint, reason, position: this.#position }, 'opening the watch anew')
    this.#stream?.close()
    this.#stream = undefined
    void this.#open(++this.#generation)
  }

  async #open(generation: number): Promise<void> {
    const { members, prefix, log } = this.#options
    this.#fragments = []
    this.#openedAtMs = this.#options.clock.nowMs()
    const member = members.current
    this.#member = member
    const isCurrent = () => generation === this.#generation && !this.#closed
    const request = { key: prefix, range_end: endOfPrefix(prefix), fromRevision: this.#position + 1 }
    try {
      const stream = await member.watch(request, {
        onResponse: (response) => isCurrent() && this.#take(response),
        onEnd: (reason) => isCurrent() && void this.#again(generation, reason),
      })
      if (isCurrent()) this.#stream = stream
      else stream.close()
    } catch (cause) {
      log.debug({ err: toError(cause), endpoint: member.endpoint }, 'a watch could not be opened')
      if (isCurrent()) await this.#again(generation, toError(cause).message)
    }
  }

  async #again(generation: number, reason: string): Promise<void> {
    this.#stream = undefined
    await delay(OPEN_RETRY_MS + this.#options.members.backoffMs(0))
    if (generation !== this.#generation) return
    this.#reopen(reason)
  }

  #take(response: WatchResponse): void {
    if (response.canceled) {
      const compacted = Number(response.compact_revision)
      if (compacted > 0) this.#options.onCompacted(compacted)
      else this.#reopen(response.cancel_reason || 'etcd cancelled the watch')
      return
    }
    this.#fragments.push(...response.events)
    if (response.fragment) return
    const events = this.#fragments.map(toLiveEvent)
    this.#fragments = []
    const last = events.at(-1)
    if (!last) return
    assert(
      events.every(({ revision }) => revision > this.#position),
      'the watch went back',
    )
    this.#options.onEvents(events)
    this.#position = last.revision
    this.#heardAtMs = this.#options.clock.nowMs()
    this.#wake()
  }

  #wake(): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const waiting = this.#waiting[i]
      if (!waiting || waiting.revision > this.#position) continue
      this.#waiting.splice(i, 1)
      waiting.done()
    }
  }
}

type KeyEvent = WatchResponse['events'][number]

export function toLiveEvent({ type, kv }: { readonly type: KeyEvent['type']; readonly kv: KeyValue }): LiveEvent {
  return { key: kv.key, value: type === 'Delete' ? undefined : kv.value, revision: Number(kv.mod_revision) }
}
