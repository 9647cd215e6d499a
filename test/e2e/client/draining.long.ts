import t from 'tap'
import { connect, type StatusChange } from '../../../src/client/index.ts'
import { startServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'
import { startFrameProxy } from './frame-proxy.ts'
import { hear, heardAll, openSpeaker, ROOM, upTo } from './numbers.ts'

t.test(
  'sent away again and again in mid-load, a client is never without a connection and hears all once',
  async (t) => {
    const server = await startServer(t)
    const proxy = await startFrameProxy(t, server.url)
    const speaker = await openSpeaker(t, server)
    const game = await connect({ url: proxy.url, namespace: 'private', token: () => server.mint('alice') })
    t.teardown(() => game.close())
    const changes: StatusChange[] = []
    game.on('status', (change) => changes.push(change))
    await game.join(ROOM)
    const heard = hear(game)
    const said = speaker.say(400, 2)
    // What is asked meanwhile is answered, every time.
    let answered = 0
    const asking = (async () => {
      while (speaker.said < 400) {
        await game.sendMessage('alice', { data: answered })
        answered++
      }
    })()
    for (let i = 0; i < 8; i++) {
      proxy.say({ eventType: 'core.game.session.draining', payload: { retry_after_ms: 40 } })
      await until(() => proxy.count >= i + 2 && proxy.openCount === 1)
    }
    await Promise.all([said, asking])
    await heardAll(heard, 400)
    t.strictSame(heard, upTo(400))
    t.ok(answered > 20, `${answered} answers`)
    t.strictSame(
      changes.filter(({ status }) => status !== 'draining').map((change) => 'recovered' in change && change.recovered),
      Array.from({ length: 8 }, () => true),
    )
  },
)

t.test('a server that drains and comes back is resumed, and what was asked meanwhile is done', async (t) => {
  const server = await startServer(t)
  const speaker = await openSpeaker(t, server)
  const game = await connect({
    url: server.url,
    namespace: 'private',
    token: () => server.mint('alice'),
    reconnect: { baseMs: 50, maxMs: 200 },
    requestTimeoutMs: 30_000,
  })
  t.teardown(() => game.close())
  const changes: StatusChange[] = []
  game.on('status', (change) => changes.push(change))
  await game.join(ROOM)
  const heard = hear(game)
  await speaker.say(20)
  const restarting = server.restart()
  await until(() => game.status === 'reconnecting')
  const asked = game.broadcast(20, { room: ROOM })
  await restarting
  await asked
  await heardAll(heard, 21)
  t.strictSame(heard, upTo(21))
  t.match(changes[0], { status: 'draining' })
  t.match(changes[1], { status: 'reconnecting', code: 4000 })
  t.match(changes.at(-1), { status: 'ready', recovered: true })
})
