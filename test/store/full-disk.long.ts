import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openClient } from '../helpers/client.ts'
import { promisedMs } from '../helpers/promised.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const BUY = 'core.game.state.buy_good'
const MESSAGE = 'x'.repeat(15_000)

/** A file system of 32 MiB; undefined where this process may not mount one. */
function mountSmall(t: Test): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'drumbeat-small-'))
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]).status === 0
  t.teardown(() => {
    if (isMounted) spawnSync('umount', ['--lazy', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  return isMounted ? folder : undefined
}

for (const givenBack of ['by somebody else', 'by the store itself'] as const)
  t.test(
    `a full disk is said, reads go on, and it works again with space that is given back ${givenBack}`,
    async (t) => {
      const folder = mountSmall(t)
      if (folder === undefined) {
        t.pass('needs the right to mount')
        return
      }
      const server = await startServer(t, {
        DATA_DIR: join(folder, 'data'),
        HISTORY_BYTES: '256MiB',
        HISTORY_TTL: givenBack === 'by somebody else' ? '10m' : '1s',
        MAX_ROOMS_PER_CONNECTION: '1024',
        RATE_BYTES: '1GiB',
        // One player fills it here.
        RETAINED_BYTES_PER_USER: '1GiB',
        RETAINED_STATES_PER_USER: '100000',
        RATE_MESSAGES: '100000',
      })
      const credit = (idempotency_key: string) =>
        server.admin('POST', '/api/v1/players/alice/credit', { currency: 'gold', amount: 1_000_000, idempotency_key })
      await credit('credit-before-the-disk-is-full')
      const alice = await openClient(server, { token: server.mint('alice') })
      const buy = (key: number) =>
        alice.request(BUY, { good_id: 'sword', count: 1, idempotency_key: `purchase-number-${key}` })

      let accepted = 0
      for (let isFull = false; !isFull;) {
        const room = `room-${accepted}`
        await alice.request(JOIN, { room_id: room })
        const startedMs = performance.now()
        const { success, error } = await alice.request(BROADCAST, { message: MESSAGE, retain: true }, { room })
        // The store that empties itself begins with this.
        if (givenBack === 'by somebody else' || !success) await alice.request(LEAVE, { room_id: room })
        if (success) accepted++
        else {
          t.match(error, { code: 'UNAVAILABLE', retryable: true })
          promisedMs(t, performance.now() - startedMs, 1_000, 'it is said')
          isFull = true
        }
      }
      t.ok(accepted > 200, `${accepted} were accepted before`)
      // A purchase is smaller than what was refused: some may still fit.
      const bought: number[] = []
      let refusal: string | undefined
      for (let key = 0; key < 5000 && refusal === undefined; key++) {
        const { success, error } = await buy(key)
        if (success) bought.push(key)
        else refusal = error?.code
      }
      t.equal(refusal, 'UNAVAILABLE', `after ${bought.length} purchases`)
      t.match(await alice.request('core.game.state.get', {}), { success: true }, 'reads go on')
      t.equal((await fetch(`${server.url}/api/v1/goods`)).status, 200)
      const good = { name: 'Thing', price: 1, currency: 'gold' }
      for (let i = 0; i < 3; i++) {
        const large = { ...good, name: 'x'.repeat(200) }
        const outcomes = await Promise.allSettled(
          Array.from({ length: 30 }, (_, n) => server.admin('PUT', `/api/v1/goods/thing-${i}-${n}`, large)),
        )
        const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
        t.ok(
          refused.every(({ reason }) => /503.*UNAVAILABLE/.test(String(reason))),
          'REST is told the same',
        )
      }
      const ready = await fetch(`${server.url}/ready`)
      t.equal(ready.status, 503)
      const parts = await ready.text()
      t.match(parts, /"store","ok":false,"reason":"the disk has/)
      t.match(parts, /"canary","ok":true/, 'events go on: the oldest of the log give way')
      t.match(await alice.request(BROADCAST, { message: 'an event' }), { success: true })

      if (givenBack === 'by somebody else') spawnSync('mount', ['-o', 'remount,size=128m', folder])
      else for (let i = 0; i < accepted; i++) await alice.request(LEAVE, { room_id: `room-${i}` })
      const isReady = async () => (await fetch(`${server.url}/ready`)).status === 200
      t.ok(await until(isReady), 'ready again, without any traffic')
      t.match(await alice.request(BROADCAST, { message: 'again' }), { success: true })
      const again = await buy(5000)
      t.match(again, { success: true })
      const { inventory } = (await server.admin('GET', '/api/v1/players/alice')) as { inventory: { sword: number } }
      t.equal(inventory.sword, bought.length + 1, 'what was refused was not done')
      t.notOk(server.output().includes('worker died'))
      alice.terminate()
    },
  )
