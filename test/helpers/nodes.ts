import { join } from 'node:path'

/** The class of the package `ws`, or the global one. */
export type WebSocketKind = 'ws' | 'global'

/** The versions that src/setup/ensure-nodes.mjs installs, and the WebSockets that each one has. */
export const NODES: readonly { readonly version: string; readonly kinds: readonly WebSocketKind[] }[] = [
  { version: '18.20.8', kinds: ['ws'] },
  { version: '20.20.2', kinds: ['ws'] },
  { version: '22.23.3', kinds: ['ws', 'global'] },
]

/** The program of this version. It may not exist. */
export function nodeOf(version: string): string {
  const folder = `node-${version}/node_modules/node-linux-${process.arch}/bin/node`
  return join(import.meta.dirname, '../../node_modules/.cache/drumbeat', folder)
}
