/** Answers that a client takes slowly, over real sockets. */
import t, { type Test } from 'tap'
import type { HttpAnswer, HttpRun } from '../../src/http/http.ts'
import { BodyBudget } from '../../src/transport/uws/body.ts'
import { HttpConnections } from '../../src/transport/uws/http-connections.ts'
import { HttpRequests } from '../../src/transport/uws/http-requests.ts'
import { Listening } from '../../src/transport/uws/listening.ts'
import { App } from '../../src/transport/uws/uws.ts'
import { readHead } from '../../src/transport/uws/uws-http.ts'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { RawConnection, requestHead } from '../helpers/raw.ts'

const PLAIN = { upgrade: undefined, connection: undefined, 'sec-websocket-key': undefined }
/** More than kernels keep for a connection. */
const LARGE_BYTES = 16 * 1024 ** 2

/** Answers /large with that body, at once or later; anything else with a word. */
async function listen(t: Test, large: Uint8Array, isLate: boolean) {
  const app = App()
  const connections = new HttpConnections(true)
  const answerOf = (body: Uint8Array | string): HttpAnswer => ({ status: 200, headers: {}, body })
  const given = Promise.withResolvers<void>()
  const run = (path: string): HttpRun['run'] => {
    if (path !== '/large') return () => answerOf('small')
    return () => {
      given.resolve()
      return isLate ? Promise.resolve(answerOf(large)) : answerOf(large)
    }
  }
  const requests = new HttpRequests({
    connections,
    bodies: { bytesMax: 1024, budget: new BodyBudget(1024) },
    http: {
      limit: () => undefined,
      route: ({ path }) => ({ kind: 'run', isOpen: true, changes: false, wantsBody: false, run: run(path) }),
    },
  })
  app.any('/*', (response, request) => requests.serve(response, readHead(response, request)))
  const listening = new Listening(app)
  const port = await listening.start('127.0.0.1', 0)
  t.teardown(() => app.close())
  const connect = () => {
    const connection = new RawConnection(port)
    t.teardown(() => connection.end())
    return connection
  }
  return { connect, given: given.promise }
}

const get = (path: string) => requestHead({ path, headers: PLAIN })

for (const isLate of [false, true]) {
  t.test(
    `an answer that is given ${isLate ? 'later' : 'at once'} is sent as it is taken, without a copy`,
    async (t) => {
      const large = Buffer.alloc(LARGE_BYTES, 'a')
      const { connect, given } = await listen(t, large, isLate)
      const slow = connect()
      slow.socket.pause()
      slow.write(get('/large'))
      await given
      const other = connect()
      other.write(get('/other'))
      t.match(await other.response(), { status: 200, body: 'small' }, 'others do not wait for it')

      large.fill('b')
      slow.socket.resume()
      const bodyOf = ({ received }: RawConnection) => received.subarray(received.indexOf('\r\n\r\n') + 4)
      await slow.until(() => bodyOf(slow).length >= LARGE_BYTES, PATIENCE_MS)
      const body = bodyOf(slow)
      t.equal(body.length, LARGE_BYTES)
      t.equal(body[0], 'a'.charCodeAt(0))
      const firstOfNew = body.indexOf('b')
      t.ok(firstOfNew > 0 && firstOfNew < LARGE_BYTES, 'what it had not taken was not kept for it')
      slow.write(get('/next'))
      await slow.until(() => bodyOf(slow).subarray(LARGE_BYTES).includes('small'), PATIENCE_MS)
      t.pass('and the connection goes on')
    },
  )
}

t.test('a client that leaves in the middle is no trouble', async (t) => {
  const { connect, given } = await listen(t, Buffer.alloc(LARGE_BYTES, 'a'), false)
  const leaves = connect()
  leaves.socket.pause()
  leaves.write(get('/large'))
  await given
  leaves.reset()
  await leaves.closed
  const other = connect()
  other.write(get('/large'))
  await other.until(() => other.received.length > LARGE_BYTES, PATIENCE_MS)
  t.pass('the same body goes to the next')
})
