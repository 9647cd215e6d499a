/** Recordings on a real server: made, listed, downloaded, played, deleted; by REST, with a thread that writes them. */
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { playRecording } from '../../src/games/recording/play.ts'
import { readRecording } from '../../src/games/recording/read.ts'
import { saga } from '../helpers/games/saga.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

interface Listed {
  readonly id: string
  readonly room_id: string
  readonly is_open: boolean
  readonly why: string | null
  readonly last_tick: number | null
  readonly bytes: number
}

const GAME = path.resolve(import.meta.dirname, '../helpers/games/saga-file.ts')

t.test('recordings by REST', async (t) => {
  const server = await startServer(t, { GAMES: GAME, GAME_HOSTS: '1', WORKERS: '1' })
  const ask = (method: string, to: string, body?: object, token = server.adminToken) =>
    fetch(`${server.url}/api/v1/${to}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const list = async (query = '') =>
    ((await (await ask('GET', `recordings${query}`)).json()) as { readonly items: readonly Listed[] }).items
  t.strictSame(await list(), [])
  const made = (await server.admin('POST', '/api/v1/rooms', {
    game: 'saga',
    namespace: 'private',
    options: { gold: 4 },
  })) as {
    room_id: string
  }
  const room = made.room_id
  const id = room.replace(':', '.')
  for (let i = 0; i < 2; i++) await server.admin('POST', `/api/v1/rooms/${room}/bots`, { bot: 'wild' })
  const quiet = (await server.admin('POST', '/api/v1/rooms', {
    game: 'saga',
    namespace: 'private',
    options: { gold: 4 },
    record: false,
  })) as {
    room_id: string
  }
  t.ok(await until(async () => ((await list())[0]?.bytes ?? 0) > 3_000), 'it is written while the room is played')
  t.match(await list(), [
    { id, room_id: room, game: 'saga', version: 1, began: 'start', is_open: true, last_tick: null, why: null },
  ])
  t.equal((await list(`?room=${room}`)).length, 1)
  t.equal((await list(`?room=${quiet.room_id}`)).length, 0)
  const begun = readRecording(new Uint8Array(await (await ask('GET', `recordings/${id}`)).arrayBuffer()))
  t.match(playRecording(saga, begun), { difference: undefined, end: undefined }, 'what is there by now plays, too')

  await server.admin('DELETE', `/api/v1/rooms/${room}`)
  t.ok(await until(async () => (await list()).every(({ is_open }) => !is_open)))
  const answer = await ask('GET', `recordings/${id}`)
  t.match(answer.headers.get('content-disposition'), `attachment; filename="${id}.recording"`)
  const report = playRecording(saga, readRecording(new Uint8Array(await answer.arrayBuffer())))
  t.match(report, { difference: undefined, end: { why: 'ended', isOfGame: true } })
  t.ok(report.states > 0 && report.hashes > 0, `${report.hashes} hashes, ${report.states} states`)
  const folder = path.join(server.dataDir, 'recordings')
  for (const name of readdirSync(folder)) t.equal(statSync(path.join(folder, name)).mode & 0o777, 0o600, name)
  t.match(await (await fetch(`${server.url}/metrics`)).text(), /drumbeat_game_recording_bytes_total [1-9]/)

  await t.test('bad requests are refused, and change nothing', async (t) => {
    const cases: readonly (readonly [method: string, path: string, body: object | undefined, status: number])[] = [
      ['GET', 'recordings/no-such', undefined, 404],
      ['DELETE', 'recordings/no-such', undefined, 404],
      ['GET', 'recordings/..%2F..%2Fstore.json', undefined, 400],
      ['GET', 'recordings/.hidden', undefined, 400],
      ['DELETE', 'recordings/a%00b', undefined, 400],
      ['GET', `recordings/${'x'.repeat(200)}`, undefined, 400],
      ['GET', 'recordings?room=a%2Fb', undefined, 400],
      ['GET', 'recordings?games=saga', undefined, 400],
      ['GET', 'recordings?limit=0', undefined, 400],
      ['PUT', `recordings/${id}`, {}, 405],
      ['POST', 'rooms', { game: 'saga', namespace: 'private', options: { gold: 1 }, record: 'yes' }, 400],
      ['POST', 'rooms', { game: 'saga', namespace: 'private', options: { gold: 1 }, record: null }, 400],
      ['POST', 'rooms', { room_id: 'lobby', record: true }, 400],
    ]
    for (const [method, to, body, status] of cases)
      t.equal((await ask(method, to, body)).status, status, `${method} ${to} ${JSON.stringify(body)}`)
    for (const method of ['GET', 'DELETE'])
      t.equal((await ask(method, `recordings/${id}`, undefined, 'wrong')).status, 401)
    t.equal((await list()).length, 1)
  })

  t.equal((await ask('DELETE', `recordings/${id}`)).status, 200)
  t.strictSame(await list(), [])
})

t.test('a server without recordings refuses to record', async (t) => {
  const server = await startServer(t, { GAMES: GAME, GAME_HOSTS: '1', WORKERS: '1', GAME_RECORDINGS: '0' })
  const post = (body: object) =>
    fetch(`${server.url}/api/v1/rooms`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.adminToken}` },
      body: JSON.stringify(body),
    })
  const refused = await post({ game: 'saga', namespace: 'private', options: { gold: 1 }, record: true })
  t.equal(refused.status, 400)
  t.match(await refused.json(), { error: { details: { path: 'record' } } })
  t.equal(
    (await post({ game: 'saga', namespace: 'private', options: { gold: 1 } })).status,
    201,
    'a game that wants it is played all the same',
  )
  t.notOk(readdirSync(server.dataDir).includes('recordings'))
})
