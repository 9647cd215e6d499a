import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openTestNode } from '../helpers/etcd-node.ts'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { toFollower } from '../helpers/follower.ts'
import { holdsWithin } from '../helpers/until.ts'

/** P11: rounds in all, and how many at once, each with a node of its own. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const AT_ONCE = 10
const FROZEN_MS = 3 * 2_000
const AFTER_MS = 1_500
const OWNER = fileURLToPath(new URL('./owner.ts', import.meta.url))

t.test(
  `${ROUNDS} owners that were frozen for three TTLs commit nothing after another took over`,
  skipWithout('3.5'),
  async (t) => {
    const { endpoints } = await startEtcd(t)
    const endpoint = endpoints[0] ?? ''
    const follower = await openTestNode(t, { endpoints, node: 'follower' })
    /** Who wrote, in the order of the log, by node: each change of hands once. */
    const hands = new Map<string, string[]>()
    const commits = new Map<string, number>()
    await follower.store.follow(
      toFollower(({ records }) => {
        for (const { channel, body } of records) {
          if (!channel.startsWith('owner/')) continue
          const token = Buffer.from(body).toString()
          commits.set(token, (commits.get(token) ?? 0) + 1)
          const before = hands.get(channel) ?? []
          if (before.at(-1) !== token) hands.set(channel, [...before, token])
        }
      }),
    )
    for (let round = 0; round < ROUNDS; round += AT_ONCE) {
      const rounds = Array.from({ length: Math.min(AT_ONCE, ROUNDS - round) }, (_, i) => `r${round + i}`)
      await Promise.all(
        rounds.map(async (node) => {
          const first = start(t, endpoint, node, `${node}-first`)
          await said(first, 'owner')
          await holdsWithin(() => (commits.get(`${node}-first`) ?? 0) > 20, 10_000)
          first.kill('SIGSTOP')
          const second = start(t, endpoint, node, `${node}-second`)
          const taken = said(second, 'owner')
          await new Promise((resolve) => setTimeout(resolve, FROZEN_MS))
          await taken
          await holdsWithin(() => (commits.get(`${node}-second`) ?? 0) > 5, 10_000)
          const lost = said(first, 'lost')
          first.kill('SIGCONT')
          await lost
          await new Promise((resolve) => setTimeout(resolve, AFTER_MS))
          second.kill('SIGKILL')
          first.kill('SIGKILL')
        }),
      )
      t.comment(`${round + rounds.length} of ${ROUNDS} rounds`)
    }
    t.equal(hands.size, ROUNDS)
    for (const [channel, tokens] of hands) {
      const node = channel.slice('owner/'.length)
      t.strictSame(tokens, [`${node}-first`, `${node}-second`], 'it changed hands once, and never back')
    }
  },
)

function start(t: { teardown(f: () => void): void }, endpoint: string, node: string, token: string): ChildProcess {
  const child = spawn(process.execPath, [OWNER, endpoint, node, token], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

async function said(child: ChildProcess, word: string): Promise<void> {
  for (;;) {
    const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    if (chunk.toString().includes(word)) return
  }
}
