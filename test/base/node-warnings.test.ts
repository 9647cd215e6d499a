import { spawnSync } from 'node:child_process'
import t from 'tap'

const LOG = new URL('../../src/base/node-warnings.ts', import.meta.url).href
const CODE = `
  const { logNodeWarnings } = await import('${LOG}')
  logNodeWarnings({ warn: (fields, message) => console.log(JSON.stringify({ ...fields, message })) })
  process.emitWarning('this goes away', 'DeprecationWarning', 'DEP9999')
  process.emitWarning('look at this')
`

t.test('what Node warns of is in the log, and nowhere else', async (t) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', CODE], { encoding: 'utf8' })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  t.strictSame(lines, [
    { warning: 'DEP9999', message: 'this goes away' },
    { warning: 'Warning', message: 'look at this' },
  ])
  t.equal(stderr, '')
})
