// Installs tools of users' projects for the test that uses the package as users do: Vite, TypeScript 5, and Are the Types Wrong.
// They need 90 MB, and no other test needs them, so they are not dependencies for development.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { folderAside, installAside } from './install-aside.mjs'

/** @type {Readonly<Record<string, string>>} */
const VERSIONS = { vite: '8.3.8', typescript: '5.9.3', '@arethetypeswrong/core': '0.18.5' }

/**
 * Installs them into `node_modules/.cache/drumbeat/user-tools/`. If they are missing, the tests report that they were skipped.
 * @param {string} root
 */
export function ensureUserTools(root) {
  const folder = folderAside(root, 'user-tools')
  if (Object.keys(VERSIONS).every((name) => existsSync(path.join(folder, 'node_modules', name)))) return
  const packages = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`)
  console.error(`drumbeat: installing ${packages.join(', ')} for the test of the package`)
  if (!installAside(folder, packages))
    console.error('drumbeat: they could not be installed, so the tests that need them will be skipped')
}
