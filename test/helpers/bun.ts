import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ARCH = process.arch === 'arm64' ? 'aarch64' : process.arch
const inModules = (path: string) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))

/**
 * Undefined where there is none for this machine. Bun's install script moves it from its platform's package; before that, or without it, a stub
 * stands in its place.
 */
export const BUN = [inModules(`@oven/bun-linux-${ARCH}/bin/bun`), inModules('bun/bin/bun.exe')].find(
  (path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 1_000_000,
)
