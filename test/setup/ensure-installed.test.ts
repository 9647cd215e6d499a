import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import t from 'tap'
import type { Test } from 'tap'

const SCRIPT = readFileSync(new URL('../../src/setup/ensure-installed.mjs', import.meta.url), 'utf8')

interface Case {
  readonly wanted: object
  readonly installed?: object
  readonly tapBuilt?: string
  readonly args?: readonly string[]
  readonly npmStatus?: number
}

/** Runs the script in a repository of its own, with an `npm` that only writes down how it was called. */
function run(t: Test, { wanted, installed, tapBuilt, args = [], npmStatus = 0 }: Case) {
  const lock = (packages: object) => JSON.stringify({ packages: { '': { name: 'x' }, ...packages } })
  const root = t.testdir({
    bin: { npm: `#!/bin/sh\necho "npm $*" >> "$0.log"\necho noise\nexit ${npmStatus}\n` },
    src: { setup: { 'ensure-installed.mjs': SCRIPT } },
    'package-lock.json': lock(wanted),
    node_modules: {
      ...(installed === undefined ? {} : { '.package-lock.json': lock(installed) }),
      '@tapjs': tapBuilt === undefined ? {} : { test: { 'test-built': { dist: { esm: { 'index.js': tapBuilt } } } } },
      tap: { dist: { esm: { 'run.mjs': `console.log('tap ' + process.argv.slice(2))` } } },
    },
  })
  chmodSync(path.join(root, 'bin/npm'), 0o755)
  const env = { ...process.env, PATH: `${path.join(root, 'bin')}:${process.env.PATH ?? ''}` }
  const script = path.join(root, 'src/setup/ensure-installed.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { env, encoding: 'utf8' })
  const log = path.join(root, 'bin/npm.log')
  return { status, stdout, stderr, npm: existsSync(log) ? readFileSync(log, 'utf8') : '' }
}

const CI = /^npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error\n$/
const CI_WITH_TOOLS = /^npm ci --ignore-scripts --no-audit --no-fund --loglevel=error\n$/
const HERE = { os: [process.platform], cpu: [process.arch] }

t.test('with everything installed it does and says nothing', async (t) => {
  const packages = { 'node_modules/ws': { version: '1.0.0' } }
  t.strictSame(run(t, { wanted: packages, installed: packages }), { status: 0, stdout: '', stderr: '', npm: '' })
})

t.test('without node_modules it says so in one line and installs, with nothing on stdout', async (t) => {
  const result = run(t, { wanted: { 'node_modules/ws': { version: '1.0.0' } } })
  const said =
    /^drumbeat: node_modules is absent; installing what the server needs, .* \(npm ci --omit=dev\), which takes a minute .*\n/
  t.match(result, { status: 0, stdout: '', stderr: said, npm: CI })
})

t.test('a package of another version, or an absent one, is stale', async (t) => {
  const wanted = { 'node_modules/@a/b': { version: '2.0.0' } }
  const older = run(t, { wanted, installed: { 'node_modules/@a/b': { version: '1.0.0' } } })
  t.match(older, { npm: CI, stderr: '@a/b 2.0.0 is wanted, 1.0.0 installed; installing' })
  t.match(run(t, { wanted, installed: {} }), { npm: CI, stderr: '@a/b 2.0.0 is not installed; installing' })
})

t.test('optional packages may be absent, but not those made for this machine', async (t) => {
  const others = {
    'node_modules/a': { version: '1.0.0', optional: true, os: ['plan9'], cpu: [process.arch] },
    'node_modules/b': { version: '1.0.0', optional: true, os: process.platform, cpu: ['pdp11'] },
    'node_modules/c': { version: '1.0.0', optional: true, ...HERE, libc: ['musl'] },
    'node_modules/d': { version: '1.0.0', optional: true },
  }
  t.match(run(t, { wanted: others, installed: {} }), { status: 0, npm: '' })
  for (const form of [HERE, { os: process.platform, cpu: process.arch }]) {
    const wanted = { ...others, 'node_modules/node-x': { version: '22.0.0', optional: true, ...form } }
    t.match(run(t, { wanted, installed: {} }), { npm: CI, stderr: 'node-x 22.0.0 is not installed' })
  }
})

t.test('what only tools need may be absent, unless tools are asked for', async (t) => {
  const wanted = { 'node_modules/tap': { version: '1.0.0', dev: true } }
  t.match(run(t, { wanted, installed: {} }), { status: 0, npm: '' })
  t.match(run(t, { wanted, installed: {}, args: ['tools'] }), { status: 0, npm: CI_WITH_TOOLS })
})

t.test('when npm fails it says so and ends with the same status', async (t) => {
  const result = run(t, { wanted: { 'node_modules/ws': { version: '1.0.0' } }, npmStatus: 7 })
  t.match(result, { status: 7, stderr: /"npm ci .*" failed/ })
})

t.test('tap is built once, when its TypeScript plugin is still in it', async (t) => {
  const plain = { wanted: {}, installed: {} }
  const withPlugin = `import * as a from "@tapjs/typescript"`
  t.match(run(t, { ...plain, tapBuilt: withPlugin, args: ['tools'] }), {
    status: 0,
    stderr: /tap build\)\ntap build\n$/,
  })
  t.match(run(t, { ...plain, tapBuilt: withPlugin }), { stderr: '' }, 'the server does not need it')
  t.strictSame(run(t, { ...plain, tapBuilt: 'import "@tapjs/after"', args: ['tools'] }).stderr, '')
})
