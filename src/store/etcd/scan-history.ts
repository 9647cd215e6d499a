import { StoreUnavailable } from '../store.ts'
import type { Member, WatchResponse } from './etcd3.ts'
import { toLiveEvent, type LiveEvent } from './live-watch.ts'
import { endOfPrefix } from './requests.ts'

export interface ScanOptions {
  readonly member: Member
  readonly prefix: Buffer
  /** Both ends are included. The scan ends at the first change after `to`, so one must exist, or come within a second. */
  readonly revisions: { readonly from: number; readonly to: number }
  readonly withinMs: number
  readonly onEvent: (event: LiveEvent) => void
}

/**
 * Reads a part of etcd's history by a watch of its own. Resolves to false if etcd no longer has that part. Throws
 * StoreUnavailable.
 */
export function scanHistory({ member, prefix, revisions, withinMs, onEvent }: ScanOptions): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const fail = (reason: string) => reject(new StoreUnavailable(`the history could not be read: ${reason}`))
  const tooLate = setTimeout(() => fail('etcd takes too long'), withinMs)
  const onResponse = (response: WatchResponse) => {
    if (response.canceled) {
      if (Number(response.compact_revision) > 0) resolve(false)
      else fail(response.cancel_reason)
      return
    }
    for (const event of response.events.map(toLiveEvent)) {
      if (event.revision > revisions.to) return resolve(true)
      onEvent(event)
    }
  }
  const request = { key: prefix, range_end: endOfPrefix(prefix), fromRevision: revisions.from }
  const opened = member.watch(request, { onResponse, onEnd: fail })
  opened.catch((error: unknown) => fail(String(error)))
  return promise.finally(() => {
    clearTimeout(tooLate)
    void opened.then(
      (stream) => stream.close(),
      () => {}, // there is no stream to close
    )
  })
}
