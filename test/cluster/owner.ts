import { toError } from '../../src/base/assert.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { openTestNode } from '../helpers/etcd-node.ts'

/**
 * `node owner.ts ENDPOINT NODE TOKEN`: takes the place of a node and writes its token into the log as fast as it can, until it
 * is killed or loses its place. Says `owner` when it has the place, `lost` when it has it no more.
 */
const [endpoint = '', node = '', token = ''] = process.argv.slice(2)
const { store } = await openTestNode(
  { teardown: () => {} },
  { endpoints: [endpoint], node, token, ttlMs: 2_000, mayCompact: false, onLost: () => end('lost') },
)
process.stdout.write('owner\n')
process.stdin.on('close', () => process.exit(0)).resume()
const log = [{ channel: `owner/${node}` as Channel, body: Buffer.from(token) }]
for (;;) {
  const puts = [{ key: `owned/${node}`, value: Buffer.from(token) }]
  await store.commit({ puts, log, durable: true }).catch(toError)
  await new Promise((resolve) => setTimeout(resolve, 5))
}

function end(word: string): void {
  process.stdout.write(`${word}\n`, () => process.exit(0))
}
