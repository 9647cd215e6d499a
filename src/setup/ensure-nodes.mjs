// Node 18, 20 and 22 for the test of the client, which has to run on each. They come from npm's packages with a node binary in them, and are
// no dependencies of this package: each is for one kind of machine, and npm installs no optional dependency for development only.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'

const VERSIONS = ['18.20.8', '20.20.2', '22.23.3']

/**
 * Leaves them in `node_modules/.cache/drumbeat/node-VERSION/`. Where one cannot be had, the test says that it was skipped.
 * @param {string} root
 */
export function ensureNodes(root) {
  const name = `node-linux-${process.arch}`
  for (const version of VERSIONS) {
    const folder = path.join(root, `node_modules/.cache/drumbeat/node-${version}`)
    if (existsSync(path.join(folder, 'node_modules', name, 'bin/node'))) continue
    console.error(`drumbeat: installing Node ${version} for the test of the client`)
    // A folder without a package.json would have npm look further up.
    mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
    const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
    const { status } = spawnSync('npm', [...args, '--loglevel=error', `${name}@${version}`], {
      stdio: ['ignore', 2, 2],
    })
    if (status !== 0) console.error(`drumbeat: no Node ${version} here, so its test will be skipped`)
  }
}
