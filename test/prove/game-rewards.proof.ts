/**
 * `npm run prove -- game-rewards`: G8. PLAYERS=40 play MATCHES=10000 matches that pay, and buy meanwhile, while hosts, workers and the primary are
 * killed. Each match that ended is paid once, in one step with its end; rooms come back with the primary, and none is lost;
 * rooms hear of each purchase once and in order. The store is read without the server, by this checker and that of purchases.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { checkLmdb, readLmdb } from './check-lmdb.ts'
import { gameFile } from './games/crowd.ts'
import { Gambler } from './games/gambler.ts'
import { runningProcesses } from './games/node-processes.ts'
import { MatchChecker } from './match-checker.ts'
import type { Shop } from './purchase-checker.ts'
import { stockUp } from './shopping.ts'

const MATCHES = Number(process.env['MATCHES'] ?? 10_000)
const PLAYERS = Number(process.env['PLAYERS'] ?? 40)
const SHOP: Shop = { funds: 1_000_000, price: 3, stock: { skin: null } }
/** Between two kills, on average; longer where no other process of the kind is ready to take over. */
const HOST_MS = 1_500
const WORKER_MS = 6_000
const PRIMARY_MS = 60_000
const PROGRESS_MS = 10_000
const LOOKING_MS = 500
/** For what was told last to come. */
const LAST_WORDS_MS = 5_000
const ENV = {
  WORKERS: '2',
  GAME_HOSTS: '2',
  GAMES: gameFile('stakes'),
  RATE_MESSAGES: '100000',
  RATE_PURCHASES: '100000',
  ROOM_GAME_EMPTY: '5s',
}

t.setTimeout(3_600_000)

t.test(`${MATCHES} matches are paid for once while hosts, workers and primary are killed`, async (t) => {
  const server = await startServer(t, ENV)
  await stockUp(server, SHOP, PLAYERS)
  const gamblers = await Promise.all(Array.from({ length: PLAYERS }, (_, i) => Gambler.open(server, i)))
  t.teardown(() => gamblers.forEach((gambler) => gambler.close()))
  const ended = () => new Set(gamblers.flatMap(({ ends }) => ends.map(({ room }) => room))).size
  const startedMs = performance.now()
  const seconds = () => (performance.now() - startedMs) / 1000
  let count = 0
  const looking = setInterval(() => (count = ended()), LOOKING_MS)
  const progress = setInterval(() => {
    process.stderr.write(`${count} matches, ${(count / seconds()).toFixed(1)}/s\n`)
  }, PROGRESS_MS)
  const goOn = () => count < MATCHES
  const killing = killAll(server, goOn)
  await Promise.all(gamblers.map((gambler) => gambler.play(goOn)))
  clearInterval(progress)
  clearInterval(looking)
  const kills = await killing
  const tookS = seconds()
  await sleep(LAST_WORDS_MS)
  const cameBack = server
    .logs()
    .filter(({ msg }) => msg === 'rooms with games have come back')
    .reduce((sum, { rooms }) => sum + Number(rooms), 0)
  const ends = gamblers.flatMap((gambler) => gambler.ends)
  const lost = new Set(gamblers.flatMap((gambler) => [...gambler.lost]))
  const left = new Map(gamblers.flatMap((gambler) => [...gambler.left]))
  const attempts = gamblers.flatMap(({ shopper }) => shopper.attempts)
  await server.stop()

  const checker = new MatchChecker()
  await readLmdb(server.dataDir, (key, value, revision) => checker.addRecord(key, value, revision))
  const wrong = checker.check(ends, lost)
  t.comment(`${checker.ended} matches in ${tookS.toFixed(0)} s; killed: ${JSON.stringify(kills)}`)
  t.comment(`${cameBack} rooms came back with the primary; ${left.size} were left before their end`)
  const codes = Object.fromEntries(
    [...Map.groupBy(left.values(), (code) => code)].map(([code, all]) => [code, all.length]),
  )
  t.comment(
    `left with ${JSON.stringify(codes)}; ${attempts.filter(({ outcome }) => outcome === 'ok').length} purchases`,
  )
  t.strictSame(wrong.slice(0, 10), [], `${wrong.length} wrong of matches`)
  t.ok(checker.ended >= MATCHES, `${checker.ended} matches ended`)
  const doubled = gamblers.flatMap(({ paid }) => [...paid].filter(([, amounts]) => amounts.length !== 1))
  t.strictSame(doubled.slice(0, 5), [], 'nobody was told twice of being paid')
  const signatures = Math.ceil(attempts.length / 20_000)
  t.strictSame(
    (await checkLmdb(server.dataDir, attempts, SHOP, signatures)).slice(0, 10),
    [],
    'nothing wrong in the shop',
  )
  t.ok(kills.host > 0 && kills.worker > 0, 'valid: hosts and workers were killed')
  if (tookS > 2 * (PRIMARY_MS / 1000))
    t.ok(kills.primary > 0 && cameBack > 0, 'valid: the primary was killed, and rooms with it')
  t.equal(lost.size, 0, 'no room is lost with the primary')
})

/** Kills one process after the other for as long as it is to go on. */
async function killAll(server: TestServer, goOn: () => boolean) {
  const kills = { host: 0, worker: 0, primary: 0 }
  const next = { host: after(HOST_MS), worker: after(WORKER_MS), primary: after(PRIMARY_MS) }
  while (goOn()) {
    await sleep(100)
    const nowMs = performance.now()
    if (nowMs > next.primary) {
      await server.kill()
      await server.restart()
      kills.primary++
      next.primary = after(PRIMARY_MS)
    }
    for (const kind of ['host', 'worker'] as const) {
      if (nowMs < next[kind] || !killOne(server, kind)) continue
      kills[kind]++
      next[kind] = after(kind === 'host' ? HOST_MS : WORKER_MS)
    }
  }
  return kills
}

/** One that is starting takes nothing over and has nothing to lose, so both must be ready. Returns whether one was killed. */
function killOne(server: TestServer, kind: 'host' | 'worker'): boolean {
  const ready = new Set(server.logs().flatMap(({ msg, pid }) => (msg === `${kind} ready` ? [pid] : [])))
  const victims = runningProcesses(server).filter(({ name, pid }) => name.startsWith(kind) && ready.has(pid))
  const victim = victims[Math.floor(Math.random() * victims.length)]
  if (!victim || victims.length < 2) return false
  process.kill(victim.pid, 'SIGKILL')
  return true
}

function after(meanMs: number): number {
  return performance.now() + meanMs * (0.5 + Math.random())
}
