/** What a page has, a worker has in part, and Node has not. */
interface Page {
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void
  readonly document?: Page & { readonly visibilityState: string }
}

/** Calls back when the browser says that the network changed, or that the page is looked at again. */
export function onNetworkHint(callback: () => void, signal: AbortSignal): void {
  const page = globalThis as Page
  for (const type of ['online', 'offline']) page.addEventListener?.(type, callback, { signal })
  const onVisibility = () => void (page.document?.visibilityState === 'visible' && callback())
  page.document?.addEventListener?.('visibilitychange', onVisibility, { signal })
}
