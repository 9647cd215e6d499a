/** The game part of the client library where it is said to run: a match against a bot in Node, Bun and a browser. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { buildClient, runNode } from '../../helpers/built-client.ts'
import { BUN } from '../../helpers/bun.ts'
import { NO_CHROMIUM, openChromium } from '../../helpers/chromium.ts'
import { NODES, nodeOf } from '../../helpers/nodes.ts'
import { startServer } from '../../helpers/server.ts'

const MATCH = readFileSync(join(import.meta.dirname, 'match.js'), 'utf8')
const PROGRAM = `
import { match } from './match.js'
import { connect } from './built/client/index.js'

const [url, token, room, encoding, kind] = process.argv.slice(2)
const WebSocket = kind === 'ws' ? { WebSocket: (await import('ws')).default } : {}
console.log(JSON.stringify(await match(connect, { url, namespace: 'private', token, encoding, ...WebSocket }, room)))
`

const folder = t.testdir({ 'program.js': PROGRAM, 'match.js': MATCH })
const [server] = await Promise.all([startServer(t, { GAME_HOSTS: '1' }), buildClient(join(folder, 'built'))])
// The bot of each room comes ten seconds behind its player: all of them play at the same time.
t.jobs = 16

async function makeRoom(): Promise<string> {
  const { room_id } = (await server.admin('POST', '/api/v1/rooms', { game: 'tictactoe', namespace: 'private' })) as {
    readonly room_id: string
  }
  return room_id
}

function isPlayed(t: Test, text: string): void {
  const played = JSON.parse(text) as { readonly ticks: number; readonly ms: number }
  t.match(played, {
    cells: ['', '', 'o', '', 'o', 'x', 'o', 'x', 'x'],
    how: 'row',
    isWon: false,
    changes: ['over', 'left'],
    refused: [],
    acked: { of: 3 },
    ms: Number,
  })
  t.ok(played.ticks >= 5)
}

const NO_BUN = BUN === undefined && 'no Bun for this machine'

for (const encoding of ['json', 'msgpack'] as const) {
  for (const { version, kinds } of NODES) {
    for (const kind of kinds) {
      const node = nodeOf(version)
      const skip = !existsSync(node) && `no Node ${version} here (ensure-installed.mjs says why)`
      t.test(`a match in Node ${version} (WebSocket: ${kind}, ${encoding})`, { skip, buffered: true }, async (t) => {
        const user = `node-${version.replaceAll('.', '-')}-${kind}-${encoding}`
        const args = [server.url, server.mint(user), await makeRoom(), encoding, kind]
        isPlayed(t, await runNode(node, [join(folder, 'program.js'), ...args]))
      })
    }
  }

  t.test(`a match in Bun (${encoding})`, { skip: NO_BUN, buffered: true }, async (t) => {
    const args = [server.url, server.mint(`bun-${encoding}`), await makeRoom(), encoding, 'global']
    const env = { PATH: process.env['PATH'] }
    const { stdout } = await promisify(execFile)(BUN ?? '', [join(folder, 'program.js'), ...args], { env })
    isPlayed(t, stdout)
  })
}

t.test(
  'a match in Chromium, by the modules that the server has for its pages',
  { skip: NO_CHROMIUM, buffered: true },
  async (t) => {
    const browser = await openChromium(t)
    const page = await browser.newPage()
    await page.goto(server.url)
    const options = { namespace: 'private', token: server.mint('browser') }
    const played = await page.evaluate<string>(`(async () => {
    ${MATCH.replace('export ', '')}
    const { connect } = await import('/client/index.js')
    const options = { url: location.origin, ...${JSON.stringify(options)} }
    return JSON.stringify(await match(connect, options, ${JSON.stringify(await makeRoom())}))
  })()`)
    isPlayed(t, played)
  },
)
