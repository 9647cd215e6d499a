import { EVENT, SERVER_EVENT } from '../../protocol/events.ts'
import { brokenChainOf, disorderOf, repeatedIn } from '../chains.ts'
import { inBoth, PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectNone, expectText, expectThat, type Fields } from '../expect.ts'
import type { Lab, OpenOptions } from '../lab.ts'
import { payloadOf, type Frame, type Peer } from '../peer.ts'
import { readVectors, type ResumeVector } from '../vectors.ts'

/** What is kept of a connection that was cut. */
interface Past {
  readonly user: string
  readonly room: string
  readonly first: Fields
  /** `<epoch>:<offset>` of the last event it saw. */
  readonly since: string
  /** The offsets of later events in its channels, in order. */
  readonly missed: readonly unknown[]
  /** The connection that sent the missed events. It is still open. */
  readonly sender: Peer
}

/**
 * Cuts off a player who is in a room. Then sends three rounds of an event to the room, one to the namespace and one to the
 * player.
 */
async function makePast(lab: Lab): Promise<Past> {
  const [sender, player] = await Promise.all([lab.player(), lab.player()])
  // A second connection, so that messages to the player can be delivered.
  await lab.player(player.userId)
  const room = await lab.room(sender, player)
  const { offset } = await sender.ask(EVENT.broadcast, { message: 'seen' }, { room })
  await player.event((frame) => frame['offset'] === offset, 'the last event that it sees')
  const cursor = Math.max(...player.events.map((event) => Number(event['offset'])))
  await player.cut()
  const missed: unknown[] = []
  for (let i = 0; i < 3; i++) {
    for (const [eventType, payload, extra] of [
      [EVENT.broadcast, { message: i }, { room }],
      [EVENT.broadcast, { message: i }, {}],
      [EVENT.sendMessage, { target_user_id: player.userId, data: i }, {}],
    ] as const) {
      missed.push((await sender.ask(eventType, payload, extra))['offset'])
    }
  }
  const { first } = player
  return { user: player.userId, room, first, since: `${String(first['epoch'])}:${cursor}`, missed, sender }
}

function comeBack(lab: Lab, past: Past, query: Readonly<Record<string, string>> = {}, options: OpenOptions = {}) {
  const { first, since, room } = past
  const all = { resume: String(first['resume_token']), since, rooms: room, ...query }
  return lab.player(past.user, { ...options, query: all })
}

/** The events of the replay, as `replayed` counts them: all except those after the offset of `resumed`. */
async function replayOf(lab: Lab, { sender }: Past, peer: Peer): Promise<readonly Frame[]> {
  // All events of the replay have to come before a new event.
  const end = lab.name('end')
  await sender.ask(EVENT.broadcast, { message: end })
  await peer.event((frame) => payloadOf(frame)['message'] === end, 'what is new')
  const upTo = Number(peer.first['offset'])
  return peer.events.filter((event) => Number(event['offset']) <= upTo)
}

function resumeCase(id: string, checks: string, run: (lab: Lab, past: Past) => Promise<void>): Case {
  return { id: `resume.${id}`, section: 4, checks, needs: PLAYERS, run: async (lab) => run(lab, await makePast(lab)) }
}

const RECOVERED: readonly Case[] = [
  ...inBoth('resume.recovered', (encoding) => ({
    section: 4,
    checks: 'after a resume, resumed comes first with recovered: true, and then all missed events',
    needs: PLAYERS,
    run: async (lab) => {
      const past = await makePast(lab)
      const peer = await comeBack(lab, past, {}, { encoding })
      expectEqual(peer.frames[0]?.['eventType'], SERVER_EVENT.resumed, 'the first frame')
      expectEqual(peer.first['recovered'], true, 'recovered')
      const offsets = new Set((await replayOf(lab, past, peer)).map(({ offset }) => offset))
      const gone = past.missed.filter((offset) => !offsets.has(offset))
      expectNone(
        gone.map((offset) => `no event with offset ${String(offset)}`),
        `${past.missed.length} events`,
      )
    },
  })),
  resumeCase('replayed-exact', 'exactly `replayed` frames come before new ones', async (lab, past) => {
    const peer = await comeBack(lab, past)
    const replayed = expectInteger(peer.first['replayed'], 'replayed', past.missed.length)
    expectEqual((await replayOf(lab, past, peer)).length, replayed, 'the number of replayed events')
    const leading = peer.frames.slice(1, 1 + replayed).filter((frame) => !('offset' in frame))
    expectEqual(leading.length, 0, 'the number of other frames among them')
  }),
  resumeCase('replay-order', 'the replay is in order, and has no event twice', async (lab, past) => {
    const events = await replayOf(lab, past, await comeBack(lab, past))
    expectNone(disorderOf(events), 'growing offsets')
    expectNone(repeatedIn(events), 'each event once')
  }),
  resumeCase('replay-since', 'the replay has no event that was seen before', async (lab, past) => {
    const cursor = Number(past.since.split(':').at(-1))
    const old = (await replayOf(lab, past, await comeBack(lab, past))).filter(({ offset }) => Number(offset) <= cursor)
    expectEqual(old, [], 'the events up to the cursor')
  }),
  resumeCase('chain', 'prev has no gap, over the replay and new events', async (lab, past) => {
    const peer = await comeBack(lab, past)
    await replayOf(lab, past, peer)
    const { offset } = await past.sender.ask(EVENT.broadcast, { message: 'new' }, { room: past.room })
    await peer.event((frame) => frame['offset'] === offset, 'a new event')
    const cursor = Number(past.since.split(':').at(-1))
    for (const channel of [`room ${past.room}`, 'namespace', 'user']) {
      expectNone(brokenChainOf(channel, peer.events, cursor), 'an unbroken chain')
    }
  }),
  resumeCase('same-again', 'the same cursor gives the same replay again', async (lab, past) => {
    const [one, other] = [await comeBack(lab, past), await comeBack(lab, past)]
    const ids = (await replayOf(lab, past, one)).map(({ id }) => id)
    expectEqual(
      (await replayOf(lab, past, other)).slice(0, ids.length).map(({ id }) => id),
      ids,
      'the ids',
    )
  }),
  resumeCase('new-token', 'the token of `resumed` works for the next resume', async (lab, past) => {
    const { first } = await comeBack(lab, past)
    const resume = expectText(first['resume_token'], 'resume_token')
    const again = await comeBack(lab, past, { resume })
    expectEqual(again.first['recovered'], true, 'recovered')
  }),
  resumeCase('ids', 'session and user stay the same, but the connection has a new id', async (lab, past) => {
    const { first } = await comeBack(lab, past)
    for (const name of ['session_id', 'user_id', 'namespace', 'epoch']) expectEqual(first[name], past.first[name], name)
    expectThat(first['connection_id'] !== past.first['connection_id'], 'another connection_id', first['connection_id'])
  }),
  resumeCase('nothing-missed', 'if nothing was missed, nothing is replayed', async (lab, past) => {
    const peer = await lab.player()
    const offset = Number(peer.first['offset'])
    await peer.cut()
    const { epoch, resume_token: resume } = peer.first
    const query = { resume: String(resume), since: `${String(epoch)}:${offset}`, rooms: '' }
    const back = await lab.player(peer.userId, { query })
    expectEqual(back.first['recovered'], true, 'recovered')
    const own = (await replayOf(lab, past, back)).filter((event) => event['room'] === past.room)
    expectEqual(own, [], 'events of rooms that it was not in')
  }),
  resumeCase('rooms', 'the rooms that are named are joined again', async (lab, past) => {
    const peer = await comeBack(lab, past)
    await peer.ask(EVENT.broadcast, { message: 'back' }, { room: past.room })
    await peer.ask(EVENT.stateGet, { room_id: past.room })
  }),
  resumeCase('rooms-left-out', 'without `rooms`, the rooms of the session are joined again', async (lab, past) => {
    const { first, since, user, room } = past
    const peer = await lab.player(user, { query: { resume: String(first['resume_token']), since } })
    expectEqual(peer.first['recovered'], true, 'recovered')
    expectEqual(peer.first['rooms'], [room], 'rooms')
    const replayed = new Set((await replayOf(lab, past, peer)).map(({ offset }) => offset))
    expectNone(
      past.missed.filter((offset) => !replayed.has(offset)).map((offset) => `no event with offset ${String(offset)}`),
      `${past.missed.length} events`,
    )
    await peer.ask(EVENT.broadcast, { message: 'back' }, { room })
  }),
  resumeCase('rooms-none', 'a room that is not named is not joined', async (lab, past) => {
    const peer = await comeBack(lab, past, { rooms: '' })
    const own = (await replayOf(lab, past, peer)).filter((event) => event['room'] === past.room)
    expectEqual(own, [], 'its events in the replay')
    await peer.refused('NOT_IN_ROOM', EVENT.broadcast, { message: 1 }, { room: past.room })
  }),
]

const NOT_RECOVERED: readonly Case[] = [
  resumeCase(
    'rooms-all-the-same',
    'if the session is not recovered, the named rooms are joined all the same',
    async (lab, past) => {
      const peer = await comeBack(lab, past, { since: 'other:1' })
      expectEqual(peer.first['recovered'], false, 'recovered')
      await peer.ask(EVENT.broadcast, { message: 'back' }, { room: past.room })
    },
  ),
  resumeCase('ahead', 'with a cursor ahead of the log, the session is not recovered', async (lab, past) => {
    const since = `${String(past.first['epoch'])}:${2 ** 52}`
    const { recovered, replayed } = (await comeBack(lab, past, { since })).first
    expectEqual({ recovered, replayed }, { recovered: false, replayed: 0 }, 'resumed says')
  }),
  resumeCase(
    'token-of-another',
    "another user's resume token: TOKEN_INVALID, and the user stays that of the player token",
    async (lab, past) => {
      const { first, since } = past
      const peer = await lab.player(undefined, { query: { resume: String(first['resume_token']), since } })
      const { recovered, reason, user_id } = peer.first
      expectEqual({ recovered, reason }, { recovered: false, reason: 'TOKEN_INVALID' }, 'resumed says')
      expectThat(user_id !== past.user, 'a user id of its own', user_id)
    },
  ),
  resumeCase('never-partial', 'if the session is not recovered, nothing is replayed', async (lab, past) => {
    const peer = await comeBack(lab, past, { since: 'other:1' })
    expectEqual(peer.first['replayed'], 0, 'replayed')
    const missed = new Set(past.missed)
    await lab.expectNothing([peer], ({ offset }) => missed.has(offset), 'nothing of what was missed')
  }),
]

const GUESTS: readonly Case[] = [
  {
    id: 'resume.guest-id',
    section: 1,
    checks: 'a guest keeps the user id over a resume',
    run: async (lab) => {
      const guest = await lab.guest()
      await guest.cut()
      const { resume_token, epoch, offset } = guest.first
      const query = { resume: String(resume_token), since: `${String(epoch)}:${String(offset)}` }
      expectEqual((await lab.guest({ query })).userId, guest.userId, 'the user id')
    },
  },
  {
    id: 'resume.guest-id-not-taken',
    section: 1,
    checks: "an altered token does not give a guest's id to anybody",
    run: async (lab) => {
      const guest = await lab.guest()
      const { resume_token, epoch, offset } = guest.first
      const query = { resume: tokenOf('altered', String(resume_token)), since: `${String(epoch)}:${String(offset)}` }
      const other = await lab.guest({ query })
      expectThat(other.userId !== guest.userId, 'another id', other.userId)
    },
  },
]

function tokenOf(kind: ResumeVector['token'], own: string): string {
  if (kind === 'garbage') return 'garbage'
  if (kind === 'own') return own
  const at = Math.floor(own.length / 2)
  return own.slice(0, at) + (own[at] === 'A' ? 'B' : 'A') + own.slice(at + 1)
}

/** The vectors, each on a guest's connection. */
function vectorCase({ name, token, since, recovered, reason }: ResumeVector): Case {
  return {
    id: `resume.vector.${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
    section: 4,
    checks: `${name}: recovered: ${recovered}${reason === undefined ? '' : `, ${reason}`}`,
    run: async (lab) => {
      const guest = await lab.guest()
      await guest.cut()
      const { resume_token, epoch, offset } = guest.first
      const query = {
        resume: tokenOf(token, String(resume_token)),
        since: since.replace('{epoch}', String(epoch)).replace('{offset}', String(offset)),
      }
      const { frames, first } = await lab.guest({ query })
      expectEqual(frames[0]?.['eventType'], SERVER_EVENT.resumed, 'the first frame')
      expectEqual(first['recovered'], recovered, 'recovered')
      if (recovered) expectThat(!('reason' in first) || first['reason'] === null, 'no reason', first['reason'])
      else expectText(first['reason'], 'reason')
      if (reason !== undefined) expectEqual(first['reason'], reason, 'reason')
    },
  }
}

export const RESUME_CASES: readonly Case[] = [
  ...RECOVERED,
  ...NOT_RECOVERED,
  ...GUESTS,
  ...readVectors('resume').map(vectorCase),
]
