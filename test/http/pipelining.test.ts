import { isDeepStrictEqual } from 'node:util'
/** Requests that a client sends before the one before is answered, against a real server over raw sockets. */
import t from 'tap'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { RawConnection, requestHead, type HeadOptions } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'

const PLAIN = { upgrade: undefined, connection: undefined, 'sec-websocket-key': undefined }

const server = await startServer(t, { WORKERS: '1', AUTH_REQUIRED: 'false' })
const authorization = `Bearer ${server.adminToken}`

interface Sent {
  readonly head: string
  readonly body: string
  /** Of the answer. */
  readonly status: number
  /** The connection cannot go on after the answer. */
  readonly ends?: true
  /** The answer is not there before the handler returns. */
  readonly waits?: true
}

let keys = 0

function get(path: string, status: number, over: HeadOptions['headers'] = {}): Sent {
  return { head: requestHead({ path, headers: { ...PLAIN, ...over } }), body: '', status }
}

function credit(userId: string): Sent {
  keys += 1
  const body = JSON.stringify({ currency: 'gold', amount: 1, idempotency_key: `pipelined-credit-${keys}` })
  const path = `/api/v1/players/${userId}/credit`
  const headers = { ...PLAIN, authorization, 'content-length': String(body.length) }
  return { head: requestHead({ method: 'POST', path, headers }), body, status: 200, waits: true }
}

const POLLING = '/core/game/v1/real-time/public/?EIO=4&transport=polling'

/** By what they are to uWS; each makes one for a user. */
const KINDS: Readonly<Record<string, (userId: string) => Sent>> = {
  'a request that is answered at once': () => get('/health', 200),
  'a request that waits for the primary': () => ({ ...get('/ready', 200), waits: true }),
  'a credit': credit,
  'a refusal': () => get('/api/v1/config', 401),
  'a request with a bad head': () => ({ ...get('/health', 400, { host: 'a b' }), ends: true, waits: true }),
  'an upgrade': () => ({ head: requestHead(), body: '', status: 101, ends: true }),
  'a Socket.IO poll': () => ({ ...get(POLLING, 200), waits: true }),
}

/** The statuses of what came, in order. */
function statuses({ received }: RawConnection): number[] {
  return [...received.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}

async function until(connection: RawConnection, answers: number): Promise<number[]> {
  const look = () => statuses(connection).length >= answers || connection.socket.closed
  await connection.until(look, PATIENCE_MS)
  return statuses(connection)
}

async function goldOf(userId: string): Promise<number> {
  const player = (await server.admin('GET', `/api/v1/players/${userId}`)) as { balances: { gold?: number } }
  return player.balances.gold ?? 0
}

/** What the server was sent before is read when it has answered a request on another connection. */
async function isRead(): Promise<void> {
  await fetch(`${server.url}/health`)
}

let pairs = 0
for (const [first, makeFirst] of Object.entries(KINDS)) {
  for (const [second, makeSecond] of Object.entries(KINDS)) {
    pairs += 1
    const userId = `pair-${pairs}`

    t.test(`${first}, then ${second}`, async (t) => {
      const one = makeFirst(userId)
      const two = makeSecond(userId)
      const connection = new RawConnection(server.port)
      t.teardown(() => connection.end())
      connection.write(one.head + one.body)
      await isRead()
      connection.write(two.head + two.body)
      const expected = one.ends ? [one.status] : [one.status, two.status]
      const came = await until(connection, expected.length)
      // A machine that is busy may read both at once, as if they had come in one packet.
      t.ok(
        came.length === 0 || isDeepStrictEqual(came, expected),
        `each is answered, in order, or none is: ${came.join()}`,
      )
      const credits = [first, second].slice(0, came.length).filter((kind) => kind === 'a credit').length
      t.equal(await goldOf(userId), credits, 'what was answered is done, and nothing else')
    })

    t.test(`${first} and ${second} in one packet`, async (t) => {
      const together = `together-${userId}`
      const one = makeFirst(together)
      const two = makeSecond(together)
      const connection = new RawConnection(server.port)
      t.teardown(() => connection.end())
      connection.write(one.head + one.body + two.head + two.body)
      const expected = one.waits ? [] : one.ends ? [one.status] : [one.status, two.status]
      if (one.waits) await connection.closed
      t.same(await until(connection, expected.length), expected, 'each is answered, in order, or none is')
      const credits = [first, second].slice(0, expected.length).filter((kind) => kind === 'a credit').length
      t.equal(await goldOf(together), credits, 'nothing is done that is not answered')
    })
  }
}

t.test('a body in two packets, the second with the next request behind it', async (t) => {
  const one = credit('split')
  const connection = new RawConnection(server.port)
  t.teardown(() => connection.end())
  connection.write(one.head + one.body.slice(0, 10))
  await isRead()
  connection.write(one.body.slice(10) + get('/health', 200).head)
  await connection.closed
  t.same(statuses(connection), [])
  t.equal(await goldOf('split'), 0, 'nothing is done that is not answered')
})

t.test('of ten credits, each in a packet, as many are done as are answered', async (t) => {
  const connection = new RawConnection(server.port)
  t.teardown(() => connection.end())
  for (let i = 0; i < 10; i++) {
    const { head, body } = credit('ten')
    connection.write(head + body)
    await isRead()
  }
  const answers = await until(connection, 10)
  // A busy machine may read the first two at once: then neither is done, nor answered.
  t.ok(
    answers.every((status) => status === 200),
    `${answers.length} were answered`,
  )
  // uWebSockets.js may cut the connection while packets are unread. The kernel then resets it, which may cost the client the last answer.
  const lost = (await goldOf('ten')) - answers.length
  t.ok(lost === 0 || (lost === 1 && connection.socket.closed), `${answers.length} answered, ${lost} lost`)
})
