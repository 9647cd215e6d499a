import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import t from 'tap'

const SCRIPT = new URL('../../src/setup/ensure-debian.mjs', import.meta.url).href

/** What is said where neither apt-get nor anything else can be found. */
function ensure(root: string, name: 'ensureEtcd' | 'ensurePrometheus' | 'ensureProxies'): string {
  const code = `const { ${name} } = await import(${JSON.stringify(SCRIPT)}); ${name}(${JSON.stringify(root)})`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    env: { PATH: '/nowhere' },
    encoding: 'utf8',
  })
  t.equal(status, 0, stderr)
  return stderr
}

t.test('without apt-get it is said that tests will be skipped, and nothing is made', async (t) => {
  const root = t.testdir({})
  t.match(ensure(root, 'ensurePrometheus'), /no prometheus and no apt-get here.*skipped/)
  t.match(ensure(root, 'ensureEtcd'), /no etcd and no apt-get here.*skipped/)
  t.match(
    ensure(root, 'ensureProxies'),
    /no nginx and no apt-get here.*skipped[^]*no haproxy and no apt-get here.*skipped/,
  )
  t.notOk(existsSync(path.join(root, 'node_modules')))
})

t.test('what is there is not fetched again', async (t) => {
  const root = t.testdir({})
  const folder = path.join(root, 'node_modules/.cache/drumbeat/prometheus/2.42')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'promtool'), '')
  t.match(ensure(root, 'ensurePrometheus'), /no prometheus/, 'half of it is not enough')
  writeFileSync(path.join(folder, 'prometheus'), '')
  t.equal(ensure(root, 'ensurePrometheus'), '')
})
