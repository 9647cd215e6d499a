import { Etcd3 } from 'etcd3'
import { runLoad } from '../run-load.ts'
import { createOrders, FUNDS, goodId, playerId, PRICE, STOCK, type LedgerLoad } from '../workload.ts'

/**
 * The design that one would write first: read player and good, then one transaction that puts both if neither has changed. On a
 * conflict, try again. It uses the client library with its defaults.
 */
const load = JSON.parse(process.argv[2] ?? '') as LedgerLoad
const etcd = new Etcd3({ hosts: process.env['ETCD_ENDPOINTS'] ?? '' })
const goodKey = (id: string) => `plain/good/${id}`
const playerKey = (id: string) => `plain/player/${id}`

const puts = [
  ...Array.from({ length: load.goods }, (_, i) => [goodKey(goodId(i)), { price: PRICE, stock: STOCK }] as const),
  ...Array.from({ length: load.players }, (_, i) => [playerKey(playerId(i)), { balance: FUNDS, items: {} }] as const),
]
for (let i = 0; i < puts.length; i += 64) {
  await Promise.all(puts.slice(i, i + 64).map(([key, value]) => etcd.put(key).value(JSON.stringify(value))))
}

interface Player {
  readonly balance: number
  readonly items: Record<string, number>
}

let conflicts = 0
let bought = 0
const order = createOrders(load)
const result = await runLoad(load, async () => {
  const { user, good } = order()
  while (!(await tryToBuy(user, good))) conflicts++
  bought++
})

async function tryToBuy(user: string, good: string): Promise<boolean> {
  const [playerAt, goodAt] = await Promise.all([etcd.get(playerKey(user)).exec(), etcd.get(goodKey(good)).exec()])
  const [playerKv, goodKv] = [playerAt.kvs[0], goodAt.kvs[0]]
  if (!playerKv || !goodKv) throw new Error('a record is missing')
  const player = JSON.parse(playerKv.value.toString()) as Player
  const { price, stock } = JSON.parse(goodKv.value.toString()) as { price: number; stock: number }
  if (player.balance < price || stock < 1) throw new Error('sold out')
  const items = { ...player.items, [good]: (player.items[good] ?? 0) + 1 }
  const { succeeded } = await etcd
    .if(playerKey(user), 'Mod', '==', playerKv.mod_revision)
    .and(goodKey(good), 'Mod', '==', goodKv.mod_revision)
    .then(
      etcd.put(playerKey(user)).value(JSON.stringify({ balance: player.balance - price, items })),
      etcd.put(goodKey(good)).value(JSON.stringify({ price, stock: stock - 1 })),
    )
    .commit()
  return succeeded
}

console.log(JSON.stringify({ ...result, notes: { conflictsEach: conflicts / bought } }))
process.exit(0)
