/** What `npm start` says, and what `drumbeat token` says beside the token. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { hints } from '../../src/cli/token.ts'
import { signInCode } from '../../src/config/development.ts'
import { ensureSecret, DEV_SECRET_FILES } from '../../src/config/dev-secrets.ts'
import { loadConfig, type Environment } from '../../src/config/load.ts'
import { welcomeLines } from '../../src/setup/welcome.ts'

const lines = (env: Environment) => welcomeLines(loadConfig({ env }), 8080)

t.test(
  'five lines say where it is, how one signs in, where one plays, how one gets a token, and where the docs are',
  async (t) => {
    const DATA_DIR = t.testdir()
    const code = signInCode(ensureSecret(DATA_DIR, DEV_SECRET_FILES.admin).secret)
    t.strictSame(lines({ DATA_DIR }), [
      '  Drumbeat is running at http://127.0.0.1:8080',
      `  Console   http://127.0.0.1:8080/#sign-in=${code}  (one click signs you in)`,
      '  Play      http://127.0.0.1:8080/play/  (in two tabs)',
      `  Token     DATA_DIR=${DATA_DIR} npx drumbeat token alice`,
      '  Docs      http://127.0.0.1:8080/docs/',
    ])
    const game = path.join(t.testdir({ pong: { 'game.ts': '', page: {} } }), 'pong/game.ts')
    t.match(lines({ DATA_DIR, GAMES: game })[2], 'http://127.0.0.1:8080/play/pong/')
    t.equal(lines({ DATA_DIR, GAMES: game }).length, 5)
  },
)

t.test('with secrets, or where others can connect, there is no code, and no secret is made', async (t) => {
  const DATA_DIR = path.join(t.testdir(), 'none')
  for (const env of [{ ADMIN_TOKEN: 'a'.repeat(32) }, { AUTH_JWT_SECRET: 'b'.repeat(32) }, { HTTP_HOST: '0.0.0.0' }]) {
    t.equal(lines({ DATA_DIR, ...env })[1], '  Console   http://127.0.0.1:8080/')
  }
  t.equal(lines({ DATA_DIR, HTTP_HOST: '0.0.0.0', DOCS_PAGES: 'false' }).at(-1), '  Docs      docs/README.md')
  t.notOk(existsSync(DATA_DIR))
})

t.test('a person who makes a token is told what to do with it', async (t) => {
  const DATA_DIR = t.testdir()
  const { settings } = loadConfig({ env: { DATA_DIR } })
  t.notMatch(hints('alice', settings), /sign-in/, 'no server has run there')
  const code = signInCode(ensureSecret(DATA_DIR, DEV_SECRET_FILES.admin).secret)
  t.match(hints('alice', settings), /the player alice[^]*TOKEN=\$\(npx drumbeat token alice\) node chat\.mjs/)
  t.match(hints('alice', settings), `http://127.0.0.1:8080/#sign-in=${code}`)
  const secured = loadConfig({ env: { DATA_DIR, AUTH_JWT_SECRET: 'b'.repeat(32) } }).settings
  t.notMatch(hints('alice', secured), /sign-in/)
})
