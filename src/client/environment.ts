/** What a page has, a worker has in part, and Node has not. */
interface Page {
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void
  readonly document?: Page & { readonly visibilityState: string }
}

/** Of Node. Not a text in the `import`, as a bundler for pages would look for it. */
const NODE_CRYPTO = 'crypto'

export type WebCrypto = typeof globalThis.crypto

/** The Web Crypto of a page, a worker, Bun or Node. Node 18 has it in a module only. */
export async function webCrypto(): Promise<WebCrypto> {
  const { crypto } = globalThis as { readonly crypto?: WebCrypto }
  if (crypto !== undefined) return crypto
  const node = (await import(/* webpackIgnore: true */ /* @vite-ignore */ NODE_CRYPTO)) as {
    readonly webcrypto: WebCrypto
  }
  return node.webcrypto
}

/** Calls back when the browser says that the network changed, or that the page is looked at again. */
export function onNetworkHint(callback: () => void, signal: AbortSignal): void {
  const page = globalThis as Page
  for (const type of ['online', 'offline']) page.addEventListener?.(type, callback, { signal })
  const onVisibility = () => void (page.document?.visibilityState === 'visible' && callback())
  page.document?.addEventListener?.('visibilitychange', onVisibility, { signal })
}
