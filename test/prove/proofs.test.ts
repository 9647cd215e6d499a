import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'

const TESTS = resolve(import.meta.dirname, '..')
const PROVE = resolve(import.meta.dirname, 'prove.mjs')
const PROOFS = JSON.parse(readFileSync(resolve(import.meta.dirname, 'proofs.json'), 'utf8')) as readonly {
  readonly name: string
  readonly file: string | readonly string[]
  readonly what: string
}[]

t.test('every proof has a name by which it is run, and every name has its file', async (t) => {
  const listed = PROOFS.flatMap(({ file }) => file)
  for (const file of listed) t.ok(existsSync(resolve(TESTS, file)), file)
  for (const file of globSync('**/*.{test,long}.ts', { cwd: TESTS })) {
    if (/from '.*\/promised\.ts'/.test(readFileSync(resolve(TESTS, file), 'utf8'))) t.ok(listed.includes(file), file)
  }
  for (const file of globSync('**/*.proof.ts', { cwd: TESTS })) t.ok(listed.includes(file), file)
})

t.test('without a name the proofs are listed; an unknown name is refused, with the list', async (t) => {
  const run = (...args: string[]) => spawnSync(process.execPath, [PROVE, ...args], { encoding: 'utf8' })
  const listed = run()
  t.equal(listed.status, 0)
  for (const { name, what } of PROOFS) t.ok(listed.stdout.includes(`${name} `) && listed.stdout.includes(what), name)
  t.match(run('nonsense'), { status: 64, stdout: '', stderr: /^there is no proof named nonsense\n/ })
})
