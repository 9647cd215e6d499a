/** `bin/drumbeat.mjs` runs the server with a Node that its binaries are for, and other commands with any that is new enough. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { folderOutside } from '../helpers/npm-package.ts'

const COMMAND = readFileSync(path.resolve(import.meta.dirname, '../../bin/drumbeat.mjs'), 'utf8')
const OWN = `node-${process.platform}-${process.arch}`

/** Runs the command in a package of its own, on a Node that says to be of this version; `own` is the version of the one that comes with it. */
function run(t: Test, version: string, own: string | undefined) {
  // Not below this repository, which has such a Node.
  const root = folderOutside(t)
  for (const folder of ['bin', 'dist', `node_modules/${OWN}/bin`])
    mkdirSync(path.join(root, folder), { recursive: true })
  const put = (name: string, text: string) => writeFileSync(path.join(root, name), text, { mode: 0o755 })
  put('package.json', '{ "type": "module" }')
  put('bin/drumbeat.mjs', COMMAND)
  put('dist/cli.js', `process.stdout.write('this node\\n')`)
  if (own !== undefined) {
    put(`node_modules/${OWN}/package.json`, `{ "version": "${own}" }`)
    put(`node_modules/${OWN}/bin/node`, '#!/bin/sh\necho "own node: $*"\nexit 7\n')
  }
  const versions = `{ value: { ...process.versions, node: '${version}' } }`
  const pretend = `data:text/javascript,Object.defineProperty(process,'versions',${encodeURIComponent(versions)})`
  const args = [`--import=${pretend}`, path.join(root, 'bin/drumbeat.mjs'), 'start', '--port', '0']
  const { PATH = '' } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH } })
  return { status, stdout, stderr }
}

t.test('the Node that it is for runs it itself', async (t) => {
  for (const version of ['22.18.0', '22.99.1'])
    t.match(run(t, version, '22.23.3'), { status: 0, stdout: 'this node\n' }, version)
})

t.test('older and newer ones hand over to the Node of the package, and end as it does', async (t) => {
  for (const version of ['18.20.8', '22.17.9', '24.1.0', '26.0.0'])
    t.match(run(t, version, '22.23.3'), { status: 7, stdout: /own node: .*cli\.js start --port 0\n$/ }, version)
})

t.test('without one, newer Nodes try, and older ones say what is needed', async (t) => {
  t.match(run(t, '24.1.0', undefined), { status: 0, stdout: 'this node\n' })
  t.match(run(t, '24.1.0', '20.0.0'), { status: 0, stdout: 'this node\n' }, 'one that is too old is none')
  for (const version of ['20.20.2', '22.17.9'])
    t.match(run(t, version, undefined), { status: 78, stderr: `Node ${version} is too old: 22.18 or later is needed` })
})
