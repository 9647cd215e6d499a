// Installs npm packages that some tests need, but that are not dependencies of this package, into node_modules/.cache/drumbeat.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'

/**
 * Returns the folder for such packages. `name` says what is in it, with its version.
 * @param {string} root
 * @param {string} name
 */
export function folderAside(root, name) {
  return path.join(root, 'node_modules/.cache/drumbeat', name)
}

/**
 * Installs packages into such a folder. Returns false if npm failed.
 * @param {string} folder
 * @param {readonly string[]} packages each with its version
 */
export function installAside(folder, packages) {
  // Without this folder, npm would look for one further up.
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  return spawnSync('npm', [...args, '--loglevel=error', ...packages], { stdio: ['ignore', 2, 2] }).status === 0
}
