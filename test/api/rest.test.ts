/** One call of each route by a client that is made of the document, each answer judged by it. */
import axios, { type AxiosResponse } from 'axios'
import { OpenAPIClientAxios, type Document } from 'openapi-client-axios'
import t, { type Test } from 'tap'
import { openClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createValidators, said, type Components } from './schemas.ts'

type Call = (params?: unknown, body?: unknown, config?: object) => Promise<AxiosResponse<unknown>>

interface Described {
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>
}

interface OpenapiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string } & Described>>>>
  readonly components: { readonly schemas: Components }
}

/** A client whose every answer is judged: by status, media type and schema. `asked` are the operations that were called. */
async function openApi(t: Test, server: TestServer, token = server.adminToken) {
  const document = (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as OpenapiDocument
  const headers = { authorization: `Bearer ${token}` }
  const api = new OpenAPIClientAxios({
    definition: structuredClone(document) as unknown as Document,
    axiosConfigDefaults: { baseURL: server.url, headers, validateStatus: () => true, adapter: 'http' },
  })
  await api.init()
  const client = (await api.getClient()) as unknown as Readonly<Record<string, Call>>
  const operations = new Map(
    Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => [operation.operationId, operation] as const),
    ),
  )
  const validators = createValidators(document.components.schemas, true)
  const asked = new Set<string>()
  const call = async (id: string, status: number, ...args: Parameters<Call>) => {
    const answer = await (client[id] as Call)(...args)
    asked.add(id)
    t.equal(answer.status, status, `${id}: ${JSON.stringify(answer.data).slice(0, 200)}`)
    const described = operations.get(id)?.responses[String(status)]
    t.ok(described, `${id} has an answer ${status}`)
    const type = String(answer.headers['content-type']).split(';')[0] ?? ''
    const content = described?.content?.[type] ?? described?.content?.['*/*']
    if (status === 304 || status === 308) return answer
    t.ok(content, `${id} answers ${status} with ${type}`)
    if (content && type === 'application/json') {
      const validate = validators.compile(content.schema)
      t.ok(validate(answer.data), `${id}: ${said(validate)} ${JSON.stringify(answer.data).slice(0, 300)}`)
    }
    return answer
  }
  return { call, asked, operations }
}

const KEY = 'a-key-of-sixteen-characters'

t.test('each route answers as the document says', async (t) => {
  const server = await startServer(t, { WORKERS: '1', GAME_HOSTS: '1' })
  const { call, asked, operations } = await openApi(t, server)
  const alice = await openClient(server, { token: server.mint('alice') })
  t.teardown(() => alice.terminate())

  for (const id of ['getHealth', 'getReady', 'getMetrics', 'getConsole', 'getConfig']) await call(id, 200)
  for (const id of ['getOpenapi', 'getAsyncapi', 'getReceiptKey']) await call(id, 200)
  await call('getConsoleFile', 200, { file: 'console.js' })
  await call('getProtocolFile', 200, { file: 'events.js' })
  await call('getGamesFile', 200, { file: 'limits.js' })
  await call('getSyncFile', 200, { file: 'apply-merge.js' })
  const library = await call('getClientFile', 200, { file: 'index.js' })
  await call('getClientFile', 304, { file: 'index.js', 'If-None-Match': String(library.headers['etag']) })
  for (const id of ['getPlay', 'getArena', 'getTictactoe']) {
    await call(id, 200)
    await call(`${id}Redirect`, 308, null, undefined, { maxRedirects: 0 })
  }
  await call('getPlayFile', 200, { file: 'play.css' })
  await call('getArenaFile', 200, { file: 'arena.js' })
  await call('getTictactoeFile', 200, { file: 'tictactoe.js' })
  await call('getSampleFile', 200, { file: 'arena.js' })

  // Where the site was not made, the index says so.
  await call('getDocs', 200)
  await call('getDocsRedirect', 308, null, undefined, { maxRedirects: 0 })
  await call('getDocsFile', 404, { file: 'none.html' })
  await call('getDocsPage', 404, { section: 'start', file: 'none.html' })

  const axe = { name: 'Axe', price: 3, currency: 'gold', stock: 7 }
  const put = await call('putGood', 200, { id: 'axe' }, axe)
  await call('putGood', 412, { id: 'axe', 'If-None-Match': '*' }, axe)
  await call('getGood', 200, { id: 'axe' })
  await call('getGood', 304, { id: 'axe', 'If-None-Match': String(put.headers['etag']) })
  await call('restockGood', 200, { id: 'axe' }, { count: 5, idempotency_key: KEY })
  await call('listGoods', 200, { limit: 2 })

  await call('creditPlayer', 200, { id: 'alice' }, { currency: 'gold', amount: 50, idempotency_key: KEY })
  await call('creditPlayer', 409, { id: 'alice' }, { currency: 'gold', amount: 51, idempotency_key: KEY })
  const bought = await alice.request('core.game.state.buy_good', { good_id: 'axe', count: 2 })
  await call('listPurchases', 200, { id: 'alice' })
  const refund = { purchase_id: bought.data?.['purchase_id'], idempotency_key: KEY }
  await call('refundPlayer', 200, { id: 'alice' }, refund)
  await call('refundPlayer', 409, { id: 'alice' }, { ...refund, idempotency_key: `${KEY}-2` })
  await call('getPlayer', 200, { id: 'alice' })
  await call('listLedger', 200)

  await call('putRoom', 201, null, { room_id: 'arena', namespace: 'private', delivery: 'latest' })
  await call('putRoom', 409, null, { room_id: 'arena', namespace: 'guest' })
  await alice.request('core.game.room.join', { room_id: 'arena' })
  await call('broadcast', 200, null, { namespace: 'private', room: 'arena', message: { wave: 1 }, retain: true })
  await call('sendMessage', 200, null, { target_user_id: 'alice', text: 'hello' })
  await call('sendMessage', 409, null, { target_user_id: 'nobody', text: 'hello' })
  await call('getRoom', 200, { id: 'arena' })
  await call('getRoom', 404, { id: 'none' })
  const { headers } = await call('getRoom', 200, { id: 'arena' })
  await call('getRoom', 304, { id: 'arena', 'If-None-Match': String(headers['etag']) })
  await call('putRoom', 412, { 'If-None-Match': '*' }, { room_id: 'arena', namespace: 'private' })
  await call('deleteRoom', 412, { id: 'arena', 'If-Match': '"another"' })
  await call('listRooms', 200)
  await call('listGames', 200)
  await call('swapGame', 404, { name: 'nothing' })
  await call('swapGame', 400, { name: 'No Game' })
  await call('listRooms', 404, { game: 'nothing' })
  await call('putRoom', 404, null, { game: 'nothing', namespace: 'private', options: {} })
  await call('sendInput', 404, { id: 'arena' }, { user_id: 'alice', name: 'fire', input: {} })
  await call('addBot', 404, { id: 'arena' }, { bot: 'easy' })
  await call('removeBot', 404, { id: 'arena', seat: 'bot-1' })
  await call('getRoomPlay', 404, { id: 'arena' })
  await call('listRoomEntries', 404, { id: 'arena', limit: 5 })
  await call('kickSeat', 404, { id: 'arena', user: 'alice' })
  await call('listConnections', 200, { namespace: 'private', user: 'alice', room: 'arena' })
  await call('listEvents', 200, { since: 0, limit: 1000 })
  await call('deleteRoom', 200, { id: 'arena' })
  const { data } = await call('listConnections', 200, { limit: 1 })
  const [{ connection_id: id } = {}] = (data as { items: { connection_id?: string }[] }).items
  await call('kickConnection', 200, { id })
  await call('kickConnection', 404, { id: '01a1fe68-f248-7275-8ace-c4378f91f6dc' })
  await call('kickPlayer', 409, { id: 'nobody' })
  await call('kickPlayer', 200, { id: 'nobody', for_ms: 60_000 })
  for (const for_ms of [999, 'x', -1]) await call('kickPlayer', 400, { id: 'nobody', for_ms })
  await call('kickConnection', 404, { id: '01a1fe68-f248-7275-8ace-c4378f91f6dc', for_ms: 60_000 })
  await call('putBan', 200, { of: 'address', id: '2001:db8::7' }, { for_ms: 60_000 })
  await call('putBan', 200, { of: 'user', id: 'mallory' }, { for_ms: 60_000 })
  for (const [of, id] of [
    ['address', 'mallory'],
    ['user', 'no/user'],
    ['room', 'arena'],
  ]) {
    await call('putBan', 400, { of, id }, { for_ms: 60_000 })
  }
  for (const body of [{}, { for_ms: 0 }, { for_ms: '1h' }, { for_ms: 60_000, why: 'x' }]) {
    await call('putBan', 400, { of: 'user', id: 'mallory' }, body)
  }
  const bans = await call('listBans', 200, { limit: 2 })
  t.match(bans.data, { items: [{ of: 'address', id: '2001:db8::/64' }, {}] })
  await call('liftBan', 200, { of: 'address', id: '2001:db8::/64' })
  await call('liftBan', 404, { of: 'address', id: '2001:db8::9' })
  await call('moveRoom', 404, { id: 'nowhere' }, {})
  await call('listRecordings', 200, { limit: 1 })
  await call('getRecording', 404, { id: 'nothing' })
  await call('deleteRecording', 404, { id: 'nothing' })
  const again = await openClient(server, { token: server.mint('again') })
  await call('kickPlayer', 200, { id: 'again' })
  t.equal((await again.closed).code, 4502)
  await call('putLogLevel', 200, null, { part: 'http', level: 'debug', for_ms: 1000 })
  await call('reload', 202)

  t.strictSame(
    [...operations.keys()].filter((id) => !asked.has(id)),
    [],
    'none was left out',
  )
})

t.test('without the admin token each route of it is refused as the document says', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const { call, operations } = await openApi(t, server, 'another-token')
  const guarded = [...operations].filter(([, { responses }]) => responses['401'])
  t.ok(guarded.length > 10)
  for (const [id, { requestBody }] of guarded) await call(id, 401, { id: 'x', user: 'x' }, requestBody && {})
})

t.test('a body that the client did not look at is refused as the document says', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const { call, operations } = await openApi(t, server)
  const withBody = [...operations].filter(([, { requestBody }]) => requestBody)
  t.ok(withBody.length > 5)
  for (const [id] of withBody) await call(id, 400, { id: 'x' }, { unknown: 1 })
  const { status } = await axios.get(`${server.url}/console/nothing.js`, {
    validateStatus: () => true,
    adapter: 'http',
  })
  t.equal(status, 404)
})
