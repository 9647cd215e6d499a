// Installs Node 18, 20 and 22 for the test of the client, which has to run on each. They come from npm packages that contain a node
// binary. These cannot be dependencies for development, because each is for one kind of machine, and npm knows no such
// dependencies that are optional.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { folderAside, installAside } from './install-aside.mjs'

const VERSIONS = ['18.20.8', '20.20.2', '22.23.3']

/**
 * Installs them into `node_modules/.cache/drumbeat/node-VERSION/`. If one is missing, the test reports that it was skipped.
 * @param {string} root
 */
export function ensureNodes(root) {
  const name = `node-linux-${process.arch}`
  for (const version of VERSIONS) {
    const folder = folderAside(root, `node-${version}`)
    if (existsSync(path.join(folder, 'node_modules', name, 'bin/node'))) continue
    console.error(`drumbeat: installing Node ${version} for the test of the client`)
    if (!installAside(folder, [`${name}@${version}`]))
      console.error(`drumbeat: no Node ${version} here, so its test will be skipped`)
  }
}
