/** What a server sends of rooms with games is as the schemas say. */
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { EVENT, SERVER_EVENT } from '../../src/protocol/events.ts'
import { runsGames } from '../conformance/target.ts'
import { schemasOf } from '../../src/worker/routes.ts'
import { openClient, type Frame, type Reply } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { createValidators, said } from './schemas.ts'

const validators = createValidators(schemasOf(loadConfig({ env: {} }).settings), true)
const GAME = 'tictactoe'
const server = await startServer(t, { WORKERS: '1', GAME_HOSTS: '2' })
const skip = (await runsGames(server)) ? false : 'the server starts no hosts'

t.test('a match, from the search to its end, with a resume in between', { skip }, async (t) => {
  const judge = (frame: Frame | Reply, name: Parameters<typeof validators.of>[0]) => {
    const validate = validators.of(name)
    t.ok(validate(frame), `${name}: ${said(validate)} ${JSON.stringify(frame).slice(0, 300)}`)
  }
  const open = (user: string, query = {}) => openClient(server, { token: server.mint(user), query })
  const [x, o] = [await open('x'), await open('o')]
  const found = await x.request(EVENT.roomFind, { game: GAME })
  judge(found, 'RoomFindReply')
  const room = String(found.data?.['room_id'])
  judge(await x.request(EVENT.roomList, { game: GAME, where: { phase: 'waiting' } }), 'RoomListReply')
  judge(await o.request(EVENT.roomJoin, { room_id: room }), 'RoomJoinReply')
  const place = (cell: number) => ({ name: 'place', input: { cell }, seq: cell })
  judge(await x.request(EVENT.roomInput, place(0), { room }), 'RoomInputReply')
  judge(await x.request(EVENT.roomInput, place(1), { room }), 'ErrorReply')
  judge(await o.request(EVENT.roomSnapshot, {}, { room }), 'RoomSnapshotReply')

  const seen = async (path: string, name: string) => {
    const answer = await server.admin('GET', path)
    const validate = validators.of(name)
    t.ok(validate(answer), `${name}: ${said(validate)} ${JSON.stringify(answer).slice(0, 300)}`)
    return answer
  }
  t.match(await seen(`/api/v1/rooms/${room}/play`, 'RoomPlay'), { game: GAME, seats: [{ held_until: null }, {}] })
  t.match(await seen(`/api/v1/rooms/${room}/entries?limit=2`, 'RoomEntries'), {
    items: [
      { user_id: 'x', name: 'place', data: { cell: 1 }, error: { code: 'REFUSED' } },
      { user_id: 'x', name: 'place', data: { cell: 0 }, error: null },
    ],
  })
  t.match(await seen('/api/v1/games', 'Games'), {
    items: [{ name: 'arena' }, { name: GAME, now: { rooms: 1, players: 2, bots: 0 } }],
  })
  await t.rejects(server.admin('DELETE', `/api/v1/rooms/${room}/seats/nobody`), /409 .*NOT_IN_ROOM/)
  const moved = await server.admin('POST', `/api/v1/rooms/${room}/move`, {})
  const isMoved = validators.of('RoomMoved')
  t.ok(isMoved(moved), said(isMoved))
  const { host } = moved as { readonly host: number }
  t.match(await seen(`/api/v1/rooms/${room}/play`, 'RoomPlay'), { host })
  await t.rejects(server.admin('POST', `/api/v1/rooms/${room}/move`, { host }), /409 .*CONFLICT/)
  await t.rejects(server.admin('POST', `/api/v1/rooms/${room}/move`, { host: '1' }), /400 .*BAD_REQUEST/)

  await t.rejects(server.admin('POST', `/api/v1/games/${GAME}/swap`), /409 .*CONFLICT.*is a sample/)

  const { resume_token, epoch, offset } = o.ready
  o.terminate()
  const back = await open('o', { resume: resume_token, since: `${String(epoch)}:${String(offset)}`, rooms: room })
  judge(await back.next(({ eventType }) => eventType === EVENT.roomSnapshot), 'RoomSnapshotEvent')
  for (const [i, cell] of [3, 1, 4, 2].entries()) {
    await (i % 2 === 0 ? back : x).request(EVENT.roomInput, place(cell), { room })
  }
  const isOver = ({ eventType, payload }: Frame) => eventType === SERVER_EVENT.status && payload?.['status'] === 'over'
  for (const client of [x, back]) {
    const over = await client.next(isOver)
    judge(over, 'RoomOverEvent')
    judge(over, 'Event')
    const patches = client.frames.filter(({ eventType }) => eventType === SERVER_EVENT.patch)
    t.ok(patches.length > 0)
    for (const patch of patches) judge(patch, 'RoomPatchEvent')
  }
  for (const client of [x, back]) client.terminate()
})
