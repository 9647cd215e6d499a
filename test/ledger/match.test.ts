/** A match in the ledger: its end and all that it pays, once for each room. */
import { generateKeyPairSync, sign } from 'node:crypto'
import t from 'tap'
import { decodeEntry, linesOf } from '../../src/ledger/entries.ts'
import { planBatch, type Plan } from '../../src/ledger/plan.ts'
import { bytesOf, keysOf, type LedgerRequest } from '../../src/ledger/requests.ts'
import { LedgerVerifier } from '../../src/ledger/verify.ts'
import { encodeEvent, eventRecord } from '../../src/protocol/event-body.ts'
import { roomChannel, type Namespace, type RoomId, type UserId } from '../../src/protocol/ids.ts'

const NOW_MS = 1_790_000_000_000
const PRIVATE = 'private' as Namespace
const key = generateKeyPairSync('ed25519').privateKey

type Match = Extract<LedgerRequest, { kind: 'match' }>

const gold = (user: string, amount: number) => ({ userId: user as UserId, currency: 'gold', amount })

function match(room: string, ...rewards: readonly ReturnType<typeof gold>[]): Match {
  const roomId = room as RoomId
  const head = { id: 'e1', eventType: 'core.game.room.status', namespace: PRIVATE, room: roomId, userId: '@server' }
  const event = encodeEvent({ ...head, timestamp: NOW_MS, traceparent: undefined, payload: { status: 'over' } })
  return { kind: 'match', roomId, namespace: PRIVATE, rewards, end: eventRecord(roomChannel(PRIVATE, roomId), event) }
}

/** A store of records in which plans are carried out, one after another. */
function open() {
  const records = new Map<string, Uint8Array>()
  const lines: string[] = []
  let ids = 0
  const run = (...requests: readonly LedgerRequest[]): Plan => {
    const input = new Map(requests.flatMap(keysOf).map((name) => [name, records.get(name) ?? null]))
    const tools = {
      newId: () => `id-${String(++ids).padStart(6, '0')}`,
      sign: (bytes: Uint8Array) => sign(null, bytes, key).toString('base64url'),
    }
    const plan = planBatch({ nowMs: NOW_MS, requests, records: input }, tools)
    for (const { key: name, value } of plan.puts) {
      records.set(name, value)
      if (name.startsWith('ledger/')) lines.push(...linesOf(value))
    }
    return plan
  }
  const balanceOf = (user: string) => {
    const bytes = records.get(`player/${user}`)
    const player = bytes && (JSON.parse(Buffer.from(bytes).toString()) as { balances: Record<string, number> })
    return player?.balances
  }
  return { records, lines, run, balanceOf }
}

const told = ({ log }: Plan) =>
  log.map(({ channel, body }) => {
    const { eventType, payload } = JSON.parse(Buffer.from(body).toString()) as { eventType: string; payload: object }
    return { channel, eventType, payload }
  })

t.test('the end and the rewards of a match are one plan: entries, balances, events', (t) => {
  const { run, balanceOf, lines } = open()
  run({ kind: 'credit', ...gold('ann', 5), idempotencyKey: 'a-key-of-16-letters' })
  const plan = run(match('arena:a', gold('ann', 50), gold('bob', 20), { ...gold('ann', 1), currency: 'gems' }))
  t.strictSame(plan.outcomes, [{ kind: 'match', unpaid: [] }])
  t.strictSame(balanceOf('ann'), { gold: 55, gems: 1 })
  t.strictSame(balanceOf('bob'), { gold: 20 })
  t.strictSame(told(plan), [
    { channel: 'r/private/arena:a', eventType: 'core.game.room.status', payload: { status: 'over' } },
    ...[
      ['ann', 'gold', 50, 55],
      ['bob', 'gold', 20, 20],
      ['ann', 'gems', 1, 1],
    ].map(([user, currency, amount, balance]) => ({
      channel: `u/${user}`,
      eventType: 'core.game.room.reward',
      payload: { room: 'arena:a', currency, amount, balance },
    })),
  ])
  t.match(lines.slice(1).map(decodeEntry), [
    { user_id: 'ann', entry: 2, kind: 'reward', amount: 50, balance: 55, match: { room: 'arena:a', reward: 0 } },
    { user_id: 'bob', entry: 1, kind: 'reward', amount: 20, balance: 20, match: { room: 'arena:a', reward: 1 } },
    { user_id: 'ann', entry: 3, kind: 'reward', currency: 'gems', match: { room: 'arena:a', reward: 2 } },
  ])
  t.end()
})

t.test('a match is paid for once, also twice in one batch; with other rewards it is a conflict', (t) => {
  const { run, balanceOf, lines } = open()
  const twice = run(match('arena:a', gold('ann', 50)), match('arena:a', gold('ann', 50)))
  t.strictSame(twice.outcomes, [
    { kind: 'match', unpaid: [] },
    { kind: 'match', unpaid: [] },
  ])
  t.equal(twice.log.length, 2, 'one end and one reward')
  const again = run(match('arena:a', gold('ann', 50)))
  t.strictSame([again.puts, again.log], [[], []])
  const other = run(match('arena:a', gold('ann', 51)))
  t.match(other.outcomes, [{ kind: 'refused', error: { code: 'IDEMPOTENCY_CONFLICT' } }])
  run(match('arena:b', gold('ann', 1)))
  t.strictSame(balanceOf('ann'), { gold: 51 })
  const verifier = new LedgerVerifier([])
  for (const line of lines) verifier.add(line)
  t.match(verifier.finish(), { entries: 2, problems: [] })
  t.end()
})

t.test('a reward that a balance does not hold, or of a player who cannot be read, is left out', (t) => {
  const { run, balanceOf, records } = open()
  run({ kind: 'credit', ...gold('ann', Number.MAX_SAFE_INTEGER), idempotencyKey: 'a-key-of-16-letters' })
  records.set('player/cat', Buffer.from('nonsense'))
  const plan = run(match('arena:a', gold('ann', 1), gold('cat', 1), gold('bob', 1)))
  t.match(plan.outcomes, [
    {
      unpaid: [
        { reward: 0, error: { code: 'BAD_REQUEST' } },
        { reward: 1, error: { code: 'INTERNAL' } },
      ],
    },
  ])
  t.strictSame(balanceOf('bob'), { gold: 1 })
  t.strictSame(
    told(plan).map(({ channel }) => channel),
    ['r/private/arena:a', 'u/bob'],
  )
  t.strictSame(run(match('arena:a', gold('ann', 1), gold('cat', 1), gold('bob', 1))).outcomes, plan.outcomes)
  t.end()
})

t.test('as many rewards as a game may give fit into a transaction of etcd', (t) => {
  const rewards = Array.from({ length: 100 }, (_, i) => gold(`user-${i}`.padEnd(64, '-'), 1))
  const { run } = open()
  const request = match('arena:a', ...rewards)
  const plan = run(request)
  const bytes = (records: readonly { readonly value?: Uint8Array; readonly body?: Uint8Array }[]) =>
    records.reduce((sum, { value, body }) => sum + (value ?? body ?? []).length, 0)
  t.ok(plan.puts.length <= 110, `${plan.puts.length} puts`)
  const ownBytes = bytes(plan.puts) + bytes(plan.log)
  t.ok(ownBytes < 1024 * 1024, `${ownBytes} bytes`)
  const playersBytes = bytes(plan.puts.filter(({ key: name }) => name.startsWith('player/')))
  t.ok(bytesOf(request) > ownBytes - playersBytes, `expected ${bytesOf(request)}, ${ownBytes - playersBytes} came`)
  t.end()
})

t.test('the verifier finds a reward that was paid twice, one of nothing, and one without its match', (t) => {
  const { run, lines, records } = open()
  run(match('arena:a', gold('ann', 50)))
  records.delete('once/match/arena:a/end')
  run(match('arena:a', gold('ann', 50)))
  const problemsOf = (all: readonly string[]) => {
    const verifier = new LedgerVerifier([])
    for (const line of all) verifier.add(line)
    return verifier.finish().problems.join('\n')
  }
  t.match(problemsOf(lines), /ann, entry 2: reward 0 of arena:a was paid before/)
  const [first = ''] = lines
  const changed = (change: object) => [JSON.stringify({ ...decodeEntry(first), ...change })]
  t.match(problemsOf(changed({ match: undefined })), /it does not say which match paid it/)
  t.match(problemsOf(changed({ amount: 0, balance: 0 })), /a reward that adds nothing/)
  t.end()
})
