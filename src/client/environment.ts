/** Parts of a page's global object. A worker has some of them, and Node has none. */
interface Page {
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void
  readonly document?: Page & { readonly visibilityState: string }
}

/**
 * Node's module. It is a constant and not a literal in `import`, because bundlers for browsers would try to resolve a literal.
 */
const NODE_CRYPTO = 'crypto'

export type WebCrypto = typeof globalThis.crypto

/** The Web Crypto of a page, a worker, Bun or Node. Node 18 has it only in a module. */
export async function webCrypto(): Promise<WebCrypto> {
  const { crypto } = globalThis as { readonly crypto?: WebCrypto }
  if (crypto !== undefined) return crypto
  const node = (await import(/* webpackIgnore: true */ /* @vite-ignore */ NODE_CRYPTO)) as {
    readonly webcrypto: WebCrypto
  }
  return node.webcrypto
}

/** Calls back when the browser reports that the network changed, or that the page became visible again. */
export function onNetworkHint(callback: () => void, signal: AbortSignal): void {
  const page = globalThis as Page
  for (const type of ['online', 'offline']) page.addEventListener?.(type, callback, { signal })
  const onVisibility = () => void (page.document?.visibilityState === 'visible' && callback())
  page.document?.addEventListener?.('visibilitychange', onVisibility, { signal })
}
