import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ARCH = process.arch === 'arm64' ? 'aarch64' : process.arch
const inModules = (path: string) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))

/**
 * Undefined if Bun is not installed for this machine. Bun's install script moves the program out of its platform's package. Until
 * then, or if the script does not run, a stub is in its place.
 */
export const BUN = [inModules(`@oven/bun-linux-${ARCH}/bin/bun`), inModules('bun/bin/bun.exe')].find(
  (path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 1_000_000,
)
