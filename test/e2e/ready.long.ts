/** That /ready proves the way of an event, from the log to each worker. */
import { get } from 'node:http'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

/** Longer than a canary's whole way may take. */
const ANSWER_MS_MAX = 3_000
/** Some of them meet a worker that answers. */
const ASKED_AT_ONCE = 8

interface Answer {
  readonly status: number
  readonly canary: { readonly ok: boolean; readonly reason: string } | undefined
}

/** By a connection of its own; undefined: whoever was asked does not answer. */
function ask(url: string): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const request = get(`${url}/ready`, { agent: false, timeout: ANSWER_MS_MAX }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => {
        const { parts } = JSON.parse(body) as { parts: readonly { part: string; ok: boolean; reason: string }[] }
        resolve({ status: response.statusCode ?? 0, canary: parts.find(({ part }) => part === 'canary') })
      })
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
  })
}

t.test('who is ready has sent an event through the log to all workers, and clients hear nothing of it', async (t) => {
  const server = await startServer(t)
  const client = await openClient(server, { token: server.mint('alice') })
  const broadcast = async () => {
    t.ok((await client.request('core.game.state.broadcast', { message: 1 })).success)
    return client.next(({ eventType }) => eventType === 'core.game.state.broadcast')
  }
  const before = await broadcast()
  t.match(await ask(server.url), {
    status: 200,
    canary: { ok: true, reason: /^through the log to 2 workers in \d+ ms$/ },
  })
  const after = await broadcast()
  t.equal(after['prev'], before['offset'], 'nothing is missing between two events')
  t.equal(client.events.length, 2)
  await client.close()
})

t.test('a worker that is frozen makes it not ready before it is replaced, and by name', async (t) => {
  const server = await startServer(t)
  const [frozen] = server.logs().filter((line) => line['msg'] === 'worker ready')
  process.kill(Number(frozen?.['pid']), 'SIGSTOP')
  const isSaid = async () => {
    const answers = await Promise.all(Array.from({ length: ASKED_AT_ONCE }, () => ask(server.url)))
    const said = `the record did not reach worker ${String(frozen?.['worker'])} within 2000 ms`
    return answers.some((answer) => answer?.status === 503 && answer.canary?.reason === said)
  }
  t.ok(await until(isSaid))
  t.ok(await until(async () => (await ask(server.url))?.status === 200), 'ready again, with another worker')
})
