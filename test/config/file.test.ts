import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { SETTING_NAMES } from '../../src/config/settings.ts'
import { defaultNodeId } from '../../src/config/node-id.ts'
import { mistakesOf } from './loading.ts'

function writeFile(t: Test, name: string, content: string): string {
  return path.join(t.testdir({ [name]: content }), name)
}

t.test('YAML and TOML files may hold numbers, booleans and lists as such', async (t) => {
  const files = {
    'a.yaml': 'HTTP_PORT: 1234\nLOG_SYNC: true\nALLOWED_ORIGINS: ["https://a.example", "https://b.example"]\n',
    'b.yml': 'HTTP_PORT: "1234"\nLOG_SYNC: "true"\nALLOWED_ORIGINS: https://a.example, https://b.example\n',
    'c.toml': 'HTTP_PORT = 1234\nLOG_SYNC = true\nALLOWED_ORIGINS = ["https://a.example", "https://b.example"]\n',
  }
  const folder = t.testdir(files)
  for (const name of Object.keys(files)) {
    const { settings } = loadConfig({ env: { CONFIG_FILE: path.join(folder, name) } })
    t.match(settings, { HTTP_PORT: 1234, LOG_SYNC: true }, name)
    t.strictSame(settings.ALLOWED_ORIGINS, ['https://a.example', 'https://b.example'], name)
  }
})

t.test('an empty list in a file is empty, and null is not set', async (t) => {
  const file = writeFile(t, 'a.yaml', 'GUEST_DENIED_EVENTS: []\nHTTP_PORT: null\nNODE_ID:\n')
  const { settings, explicit } = loadConfig({ env: { CONFIG_FILE: file } })
  t.strictSame(settings.GUEST_DENIED_EVENTS, [])
  t.match(settings, { HTTP_PORT: 8080, NODE_ID: defaultNodeId(settings.DATA_DIR) })
  t.notOk(explicit.has('NODE_ID'))
})

t.test('a file of comments only sets nothing', async (t) => {
  const file = writeFile(t, 'a.yaml', '# HTTP_PORT: 1\n')
  t.strictSame([...loadConfig({ env: { CONFIG_FILE: file } }).explicit], ['CONFIG_FILE'])
})

t.test('each unknown key of a file is refused with the nearest known one', async (t) => {
  const file = writeFile(t, 'a.yaml', 'http_port: 1\nWORKRES: 2\nzzz: 3\n__proto__: 4\nCONFIG_FILE: b.yaml\n')
  const mistakes = mistakesOf({ CONFIG_FILE: file })
  t.equal(mistakes.length, 5)
  t.equal(mistakes[0], `http_port is not a setting; the nearest is HTTP_PORT (${file})`)
  t.equal(mistakes[1], `WORKRES is not a setting; the nearest is WORKERS (${file})`)
  t.match(mistakes[2], /^zzz is not a setting; the nearest is [A-Z_]+ \(/)
  t.match(mistakes[3], /^__proto__ is not a setting/)
  t.match(mistakes[4], /^CONFIG_FILE can only be set in the environment/)
})

t.test('values of a wrong type in a file are refused', async (t) => {
  const file = writeFile(
    t,
    'a.yaml',
    'HTTP_PORT: [1]\nWORKERS: true\nNODE_ID: 5\nLOG_SYNC: {a: 1}\nHTTP_HOST: [127.0.0.1]\nALLOWED_ORIGINS: [1]\nRATE_MESSAGES: 1.5\n',
  )
  const names = mistakesOf({ CONFIG_FILE: file }).map((line) => line.replace(/ .*/, ''))
  t.strictSame(names.toSorted(), [
    'ALLOWED_ORIGINS',
    'HTTP_HOST',
    'HTTP_PORT',
    'LOG_SYNC',
    'NODE_ID',
    'RATE_MESSAGES',
    'WORKERS',
  ])
})

t.test('a wrong value in a file is shown with where it came from', async (t) => {
  const file = writeFile(t, 'a.yaml', 'HTTP_PORT: 70000\n')
  t.strictSame(mistakesOf({ CONFIG_FILE: file }), [
    'HTTP_PORT must be a whole number from 0 to 65535; it is 70000 (file)',
  ])
})

t.test('a file that is absent, of another kind, or not well-formed is a mistake among the others', async (t) => {
  const secret = 'AUTH_JWT_SECRET'
  const folder = t.testdir({
    'a.yaml': `${secret}: hunter2\n  bad: [`,
    'a.toml': `${secret} = hunter2`,
    'list.yaml': '- HTTP_PORT',
    'text.yaml': 'HTTP_PORT',
    'a.ini': 'HTTP_PORT=1',
    'twice.yaml': 'HTTP_PORT: 1\nHTTP_PORT: 2\n',
  })
  for (const name of ['a.yaml', 'a.toml', 'list.yaml', 'text.yaml', 'a.ini', 'twice.yaml', 'none.yaml']) {
    const mistakes = mistakesOf({ CONFIG_FILE: path.join(folder, name), WORKERS: '0' })
    t.match(mistakes, [/^CONFIG_FILE/, /^WORKERS/], name)
    t.notMatch(mistakes.join('\n'), /hunter2/, name)
  }
  t.match(mistakesOf({ CONFIG_FILE: path.join(folder, 'a.toml') }), [/line 1, column/])
})

t.test(
  'a value that the library stumbles over is a mistake with its place, and nothing of it is shown or printed',
  async (t) => {
    const cases: readonly (readonly [string, RegExp, string])[] = [
      ['a.yaml', /an unknown tag .* at line 2, column 14$/, 'ADMIN_TOKEN: !vault hunter2'],
      ['b.yaml', /an unknown tag .* at line 2, column 14$/, 'ADMIN_TOKEN: !hunter2'],
      ['c.yaml', /an alias without its anchor .* at line 2, column 14$/, 'ADMIN_TOKEN: *hunter2'],
      ['d.yaml', /a colon .* at line 2, column 14$/, 'ADMIN_TOKEN: a: hunter2'],
      ['e.yaml', /reserved character .* at line 2, column 14$/, 'ADMIN_TOKEN: @hunter2'],
      ['f.yaml', /at line 3, column 1$/, 'ADMIN_TOKEN: "hunter2'],
      ['g.yaml', /bad dq escape at line 2, column \d+$/, 'ADMIN_TOKEN: "\\hunter2"'],
      ['h.yaml', /given twice at line 2, column 1$/, 'HTTP_PORT: hunter2'],
      ['i.yaml', /^A key that does not look like a name is not a setting/, '{ADMIN_TOKEN: hunter2}: 1'],
      ['j.yaml', /^A key that does not look like a name is not a setting/, 'ADMIN_TOKEN=hunter2:'],
      ['k.yaml', /at line \d+, column \d+$/, '%hunter2'],
      ['a.toml', /not valid TOML at line 2, column \d+$/, 'ADMIN_TOKEN = hunter2'],
      ['b.toml', /not valid TOML at line 2, column \d+$/, 'ADMIN_TOKEN = "\\hunter2"'],
    ]
    const folder = t.testdir(
      Object.fromEntries(
        cases.map(([name, , line]) => [
          name,
          `${name.endsWith('.toml') ? 'HTTP_PORT = 1' : 'HTTP_PORT: 1'}\n${line}\n`,
        ]),
      ),
    )
    const printed = t.capture(process.stderr, 'write', () => true)
    const warned = t.capture(process, 'emitWarning')
    for (const [name, pattern] of cases) {
      const mistakes = mistakesOf({ CONFIG_FILE: path.join(folder, name) })
      t.equal(mistakes.length, 1, name)
      t.match(mistakes[0], pattern, name)
      t.notMatch(mistakes.join(), /hunter2/)
    }
    t.strictSame([...printed(), ...warned()], [])
  },
)

t.test('the example file loads, and what it mentions exists', async (t) => {
  const file = path.resolve(import.meta.dirname, '../../config/drumbeat.example.yaml')
  const { settings } = loadConfig({ env: { CONFIG_FILE: file } })
  t.strictSame(settings.ALLOWED_ORIGINS, ['https://game.example.com'])
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/^(?:# )?([A-Z][A-Z_]+):/gm)) {
    t.ok((SETTING_NAMES as readonly string[]).includes(name), name)
  }
})
