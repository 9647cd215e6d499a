/** What a client refuses before it sends, in both encodings; and that what it sends arrives as it was given. */
import t from 'tap'
import { DrumbeatError, EVENT, type JsonValue } from '../../src/client/index.ts'
import { connected } from './setup.ts'

const cycle: { self?: unknown } = {}
cycle.self = { cycle }
const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)])
const proto = JSON.parse('{"__proto__":1}') as unknown

/** What stands in `message.x`, and where the mistake in it is. */
const REFUSED: readonly [string, unknown, string][] = [
  ['NaN', NaN, ''],
  ['Infinity', [1, -Infinity], '[1]'],
  ['a function', { f: () => 1 }, '.f'],
  ['a bigint', { deep: [{ n: 1n }] }, '.deep[0].n'],
  ['a symbol', Symbol('x'), ''],
  ['undefined in an array', [1, undefined], '[1]'],
  // oxlint-disable-next-line no-sparse-arrays -- a hole is the case
  ['a hole in an array', [1, , 3], '[1]'],
  ['a Date', { at: new Date(0) }, '.at'],
  ['a Map', new Map(), ''],
  ['a Set', new Set(), ''],
  ['bytes', new Uint8Array(2), ''],
  ['an ArrayBuffer', new ArrayBuffer(2), ''],
  ['a RegExp', /x/, ''],
  ['an Error', new Error('x'), ''],
  ['a promise', Promise.resolve(1), ''],
  ['a toJSON', { toJSON: () => 1 }, ''],
  ['half an emoji', ['\ud83d'], '[0]'],
  ['half an emoji in a key', { 'k\udc00': 1 }, ''],
  ['__proto__', proto, ''],
  ['a cycle', cycle, '.self.cycle'],
  ['300 levels', deep(300), '[0]'.repeat(253)],
  [
    'a getter that throws a refusal of its own',
    Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new DrumbeatError('BAD_REQUEST', 'mine', { path: 'payload.message.x' })
      },
    }),
    '',
  ],
]

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`what JSON cannot say is refused before it is sent, with its place (${encoding})`, async (t) => {
    const { client, peer } = await connected(t, { encoding })
    for (const [name, x, at] of REFUSED) {
      const error = await client.broadcast({ x } as JsonValue).catch((error: unknown) => error)
      t.ok(error instanceof DrumbeatError, name)
      t.match(error, { code: 'BAD_REQUEST', retryable: false, details: { path: `payload.message.x${at}` } }, name)
    }
    const others: readonly [string, () => Promise<unknown>][] = [
      ['payload.data.at', () => client.sendMessage('bob', { data: { at: new Date(0) } as never })],
      ['payload.options.f', () => client.join('arena', { options: { f: () => 1 } as never })],
      ['payload.input', () => client.request(EVENT.roomInput, { name: 'turn', input: NaN })],
      ['payload.count', () => client.buyGood({ goodId: 'sword', count: NaN })],
      ['room', () => client.broadcast(1, { room: NaN as never })],
      ['payload', () => client.request(EVENT.sessionPing, new Map() as never)],
    ]
    for (const [path, ask] of others) {
      t.match(await ask().catch((error: unknown) => error), { code: 'BAD_REQUEST', details: { path } }, path)
    }
    void client.broadcast('the first that is sent').catch(() => undefined)
    t.match(await peer.receive(), { payload: { message: 'the first that is sent' } }, 'nothing was sent before it')
  })

  t.test(`what is sent is what was given, as it was at the call (${encoding})`, async (t) => {
    const { client, peer } = await connected(t, { encoding })
    class Vector {
      readonly x = 1
      #hidden = 2
      get sum(): number {
        return this.x + this.#hidden
      }
    }
    const given = {
      constructor: 'Ferrari',
      toJSON: 1,
      vector: new Vector(),
      bare: Object.assign(Object.create(null) as object, { a: 1 }),
      shared: [[], []],
      big: 2 ** 60,
      tiny: 5e-324,
      huge: 1.7e308,
      emoji: '👍',
      gone: undefined,
      list: [1],
    }
    given.shared[1] = given.shared[0] ?? []
    const sent = client.broadcast(given as unknown as JsonValue)
    given.list.push(2)
    const request = await peer.receive()
    const { gone: _gone, ...rest } = given
    const expected = JSON.stringify({ ...rest, vector: { x: 1 }, bare: { a: 1 }, list: [1] })
    t.equal(JSON.stringify((request.payload as { message: unknown }).message), expected)
    peer.reply(request, { offset: 1 })
    await sent
  })
}

t.test('a request that waits for a connection is refused at the call, too', async (t) => {
  const { client, peer } = await connected(t)
  peer.cut()
  await t.rejects(client.broadcast({ x: NaN }), { code: 'BAD_REQUEST', details: { path: 'payload.message.x' } })
})
