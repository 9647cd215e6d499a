/**
 * `npm run prove -- clients`: clients that others made, as they are, behind a real nginx and a real HAProxy with TLS and a path, while all
 * workers are replaced ROLLS=2 times: Debian's python3-socketio, Java's own WebSocket, and HTTP agents that keep their connections; beside them
 * socket.io-client and `drumbeat/client`. The agents say numbered things in rooms and give gold under keys.
 *
 * Everybody gets every event of their room once and in order, each key's gold is in the balance once, no request of an agent fails, and the
 * server writes nothing but its log. python-socketio does not recover: after a loss it begins a new session. So it is asked to come back by
 * itself and to join; what was said between the last event that it heard and the join's `offset` it fetches from GET /api/v1/events, and all that
 * comes by itself has to be before the loss or behind that offset. Its client of threads hands each event to another thread, so of that one no order is asked.
 */
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { makeCertificates } from '../helpers/certificates.ts'
import { skipWithoutProxy, startProxy } from '../helpers/proxies.ts'
import { strayLines } from '../helpers/server-process.ts'
import { startServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { startProgram, type AgentsSpec, type Line } from './clients/program.ts'
import { beside, groupsOf, OPS, PROXIES, ROOMS, specsOf } from './clients/groups.ts'
import { Tally } from './clients/tally.ts'

const ROLLS = Number(process.env['ROLLS'] ?? 2)
const QUIET_MS = 5_000
const PATIENCE_MS = 180_000
const PLAYERS = ['rich-1', 'rich-2', 'rich-3']

const canRun = ([command, ...args]: readonly [string, ...string[]]) => spawnSync(command, args).status === 0
const without = PROXIES.map((name) => skipWithoutProxy(name).skip).find((reason) => reason !== false)

t.test(
  'foreign clients behind proxies lose nothing while all workers are replaced',
  { skip: without ?? false },
  async (t) => {
    const certificates = await makeCertificates(t.testdir())
    const server = await startServer(t, { TRUSTED_PROXIES: '127.0.0.1' })
    await server.admin('PUT', '/api/v1/goods/apple', { name: 'Apple', price: 1, currency: 'gold', stock: null })
    const [nginx, haproxy] = await Promise.all(PROXIES.map((name) => startProxy(t, name, { server, certificates })))
    if (!nginx || !haproxy) throw new Error('no proxies')
    const urls = { nginx: nginx.url, haproxy: haproxy.url }
    const trust = {
      NODE_EXTRA_CA_CERTS: certificates.ca,
      SSL_CERT_FILE: certificates.ca,
      REQUESTS_CA_BUNDLE: certificates.ca,
      WEBSOCKET_CLIENT_CA_BUNDLE: certificates.ca,
    }

    const present = groupsOf(certificates.ca).filter(({ name, asked }) => {
      const isThere = asked === undefined || canRun(asked)
      if (!isThere) t.comment(`WITHOUT ${name}, which is not on this machine`)
      return isThere
    })
    const specs = present.map((group) => specsOf(group, server, urls))
    const players = specs.flat()
    const tally = new Tally(players)
    const joined = new Set<string>()
    const faults: string[] = []
    const told = new Map<string, number>()
    const asked = new Map<string, number>()
    const gold = new Map<string, number>()
    const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
    const note = (line: Line) => {
      if (line.is === 'joined') joined.add(line.client)
      else if (line.is === 'back') tally.cameBack(line.client)
      else if (line.is === 'event') tally.event(line)
      else if (line.is === 'said') tally.said(line)
      else if (line.is === 'credited') count(gold, line.player)
      else if (line.is === 'asked') count(asked, line.client)
      else if (line.is === 'fault' || line.is === 'failed') faults.push(`${line.client}: ${line.text}`)
      else if (line.is === 'error' || line.is === 'refused') {
        // Each client is given a time of its own.
        count(told, `${line.is} ${line.text.replaceAll(/(retry_after_ms\D+)\d+/g, '$1…')}`)
      }
    }

    const programs = present.map(({ name, command }, i) => {
      return startProgram(t, name, [...command, JSON.stringify(specs[i])], trust, note)
    })
    t.ok(
      await holdsWithin(() => joined.size === players.length, PATIENCE_MS),
      `${players.length} clients are in their rooms`,
    )

    const agentsSpec: AgentsSpec = {
      ways: { direct: server.url, 'behind nginx': `${nginx.url}${OPS}`, 'behind haproxy': `${haproxy.url}${OPS}` },
      rooms: ROOMS,
      players: PLAYERS,
      adminToken: server.adminToken,
    }
    const agents = startProgram(
      t,
      'agents',
      [process.execPath, beside('agents.ts'), JSON.stringify(agentsSpec)],
      trust,
      note,
    )
    const done = () => server.logs().filter(({ msg }) => msg === 'all workers were replaced').length
    await sleep(QUIET_MS)
    for (let roll = 1; roll <= ROLLS; roll++) {
      const fromMs = performance.now()
      process.kill(server.pid, 'SIGHUP')
      t.ok(await holdsWithin(() => done() === roll, PATIENCE_MS), `roll ${roll}`)
      t.comment(`roll ${roll} took ${((performance.now() - fromMs) / 1000).toFixed(1)} s`)
      await sleep(QUIET_MS)
    }
    await agents.end()
    t.ok(await holdsWithin(() => tally.isComplete(), PATIENCE_MS), 'everybody has heard all')
    await sleep(QUIET_MS) // what should not come would come now
    await Promise.all(programs.map((program) => program.end()))

    for (const [kind, figures] of tally.figures()) {
      const { lost, doubled, unordered, wrong } = figures
      t.comment(`${kind}: ${JSON.stringify(figures).replaceAll(/[{}"]/g, '').replaceAll(',', ', ')}`)
      t.strictSame({ lost, doubled, unordered, wrong }, { lost: 0, doubled: 0, unordered: 0, wrong: 0 }, kind)
    }
    for (const [agent, requests] of asked) t.comment(`${agent}: ${requests} requests`)
    for (const [text, times] of told) t.comment(`${times} x ${text}`)
    t.strictSame(faults, [], 'no request failed, nobody was closed for good')
    for (const player of PLAYERS) {
      const { balances } = (await server.admin('GET', `/api/v1/players/${player}`)) as { balances: { gold: number } }
      t.equal(balances.gold, gold.get(player), `the gold of ${player}`)
    }
    for (const program of [...programs, agents]) t.equal(program.complaints(), '', `${program.name} is content`)
    t.strictSame(strayLines(server.output()), [], 'the server writes nothing but its log')
  },
)
