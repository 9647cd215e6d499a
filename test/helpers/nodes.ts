import { join } from 'node:path'

/** The class of the package `ws`, or the global one. */
export type WebSocketKind = 'ws' | 'global'

/** As src/setup/ensure-nodes.mjs installs them, and for each which WebSockets there are. */
export const NODES: readonly { readonly version: string; readonly kinds: readonly WebSocketKind[] }[] = [
  { version: '18.20.8', kinds: ['ws'] },
  { version: '20.20.2', kinds: ['ws'] },
  { version: '22.23.3', kinds: ['ws', 'global'] },
]

/** Its program; it may not be there. */
export function nodeOf(version: string): string {
  const folder = `node-${version}/node_modules/node-linux-${process.arch}/bin/node`
  return join(import.meta.dirname, '../../node_modules/.cache/drumbeat', folder)
}
