// What the projects of users are made with, for the test that uses the package as they do: Vite, a TypeScript of the generation before, and
// Are the Types Wrong. They need 90 MB, and no other test wants them, so they are no dependencies for development.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { folderAside, installAside } from './install-aside.mjs'

/** @type {Readonly<Record<string, string>>} */
const VERSIONS = { vite: '8.3.8', typescript: '5.9.3', '@arethetypeswrong/core': '0.18.5' }

/**
 * Leaves them in `node_modules/.cache/drumbeat/user-tools/`. Where they cannot be had, the tests say that they were skipped.
 * @param {string} root
 */
export function ensureUserTools(root) {
  const folder = folderAside(root, 'user-tools')
  if (Object.keys(VERSIONS).every((name) => existsSync(path.join(folder, 'node_modules', name)))) return
  const packages = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`)
  console.error(`drumbeat: installing ${packages.join(', ')} for the test of the package`)
  if (!installAside(folder, packages)) console.error('drumbeat: they are not here, so what needs them will be skipped')
}
