import { EVENT } from '../../protocol/events.ts'
import { brokenChainOf, channelOf, disorderOf, repeatedIn } from '../chains.ts'
import { PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectNone, expectThat } from '../expect.ts'
import type { Lab } from '../lab.ts'
import { isEvent, payloadOf, type Frame, type Peer } from '../peer.ts'

interface Watcher {
  readonly peer: Peer
  readonly joinOffset: number
}

interface Traffic {
  readonly room: string
  readonly sender: Peer
  /** One watcher for each encoding. */
  readonly watchers: readonly Watcher[]
  /** Accepted offsets, by where the events went. */
  readonly accepted: Readonly<Record<'room' | 'namespace' | 'direct', readonly number[]>>
}

const ROUNDS = 40

/** Each round sends one event to a room, one to the namespace, and one to the first watcher, all without waiting. */
async function makeTraffic(lab: Lab): Promise<Traffic> {
  const [sender, ...peers] = await Promise.all([
    lab.player(),
    lab.player(),
    lab.player(undefined, { encoding: 'msgpack' }),
  ])
  const room = await lab.room(sender)
  const watchers: Watcher[] = []
  for (const peer of peers) {
    const { offset } = await peer.ask(EVENT.roomJoin, { room_id: room })
    watchers.push({ peer, joinOffset: expectInteger(offset, "the join's offset") })
  }
  const target_user_id = peers[0]?.userId
  const sent = Array.from({ length: ROUNDS }, (_, i) => [
    sender.ask(EVENT.broadcast, { message: { room, i } }, { room }),
    sender.ask(EVENT.broadcast, { message: { room, i } }),
    sender.ask(EVENT.sendMessage, { target_user_id, data: { room, i } }),
  ])
  const offsetsOf = async (at: number) => {
    const replies = await Promise.all(sent.flatMap((round) => round[at] ?? []))
    return replies.map(({ offset }) => expectInteger(offset, 'the offset of a reply'))
  }
  const accepted = { room: await offsetsOf(0), namespace: await offsetsOf(1), direct: await offsetsOf(2) }
  // Everything else has to come before this event.
  const end = lab.name('end')
  await sender.ask(EVENT.broadcast, { message: end })
  await Promise.all(watchers.map(({ peer }) => peer.has((frame) => payloadOf(frame)['message'] === end, 1)))
  // An event that comes twice may come right after it.
  for (const { peer } of watchers) await peer.ask(EVENT.sessionPing, {})
  return { room, sender, watchers, accepted }
}

const isOf =
  (room: string) =>
  (frame: Frame): boolean => {
    const { message, data } = payloadOf(frame)
    const said = message ?? data
    return typeof said === 'object' && said !== null && 'room' in said && said.room === room
  }

function logCase(id: string, checks: string, check: (traffic: Traffic, lab: Lab) => void | Promise<void>): Case {
  return {
    id: `log.${id}`,
    section: 4,
    checks,
    needs: PLAYERS,
    run: async (lab) => check(await makeTraffic(lab), lab),
  }
}

export const LOG_CASES: readonly Case[] = [
  logCase('complete', 'every accepted event arrives, in both encodings', ({ watchers, accepted }) => {
    const due = [accepted.room, accepted.namespace].flat()
    for (const [i, { peer }] of watchers.entries()) {
      const came = new Set(peer.events.map(({ offset }) => offset))
      const all = i === 0 ? [...due, ...accepted.direct] : due
      expectNone(
        all.filter((offset) => !came.has(offset)).map((offset) => `no event with offset ${offset}`),
        `${all.length} events`,
      )
    }
  }),
  logCase('once', 'no event comes twice', ({ watchers }) => {
    for (const { peer } of watchers) expectNone(repeatedIn(peer.events), 'each event once')
  }),
  logCase('offset-grows', 'offsets only grow on a connection', ({ watchers }) => {
    for (const { peer } of watchers) expectNone(disorderOf(peer.events), 'growing offsets')
  }),
  logCase('one-order', 'all connections get the same order', ({ watchers, room }) => {
    const [one, other] = watchers.map(({ peer }) =>
      peer.events.filter((event) => isOf(room)(event) && isEvent(EVENT.broadcast)(event)).map(({ id }) => id),
    )
    expectEqual(other, one, 'the order of ids')
  }),
  logCase('prev-namespace', 'prev is the previous event of the namespace', ({ watchers }) => {
    for (const { peer } of watchers) {
      expectNone(brokenChainOf('namespace', peer.events, Number(peer.first['offset'])), 'an unbroken chain')
    }
  }),
  logCase('prev-room', 'prev is the previous event of the room', ({ watchers, room }) => {
    for (const { peer, joinOffset } of watchers) {
      expectNone(brokenChainOf(`room ${room}`, peer.events, joinOffset), 'an unbroken chain')
    }
  }),
  logCase('prev-user', "prev is the previous event of the user's own channel", ({ watchers }) => {
    for (const { peer } of watchers) {
      expectNone(brokenChainOf('user', peer.events, Number(peer.first['offset'])), 'an unbroken chain')
    }
  }),
  logCase('one-numbering', 'the channels of a node share one numbering', ({ accepted }) => {
    const all = Object.values(accepted).flat()
    expectEqual(new Set(all).size, all.length, 'the number of different offsets')
  }),
  logCase('integers', 'offset and prev are integers', ({ watchers }) => {
    for (const event of watchers.flatMap(({ peer }) => peer.events)) {
      expectInteger(event['offset'], 'offset')
      expectInteger(event['prev'], 'prev')
    }
  }),
  logCase('channels', 'an event of one channel does not come through another', ({ watchers, accepted, room }) => {
    const [first] = watchers
    const where = new Map(first?.peer.events.map((event) => [event['offset'], channelOf(event)]))
    const due = { room: `room ${room}`, namespace: 'namespace', direct: 'user' } as const
    for (const name of ['room', 'namespace', 'direct'] as const) {
      const others = accepted[name]
        .map((offset) => where.get(offset))
        .filter((channel) => channel && channel !== due[name])
      expectThat(others.length === 0, due[name], others)
    }
  }),
  logCase(
    'channel-user',
    "an event of the user's own channel says so, and no other event does",
    ({ watchers, accepted }) => {
      const direct = new Set(accepted.direct)
      for (const event of watchers.flatMap(({ peer }) => peer.events)) {
        expectEqual(event['channel'], direct.has(Number(event['offset'])) ? 'user' : undefined, 'the channel')
      }
    },
  ),
  {
    id: 'log.reply-offset',
    section: 3,
    checks: 'the offset in a reply is that of its event',
    run: async (lab) => {
      const guest = await lab.guest()
      const message = lab.name('message')
      const { offset } = await guest.ask(EVENT.broadcast, { message })
      const event = await guest.event((frame) => payloadOf(frame)['message'] === message, 'the event')
      expectEqual(event['offset'], offset, 'the offset')
    },
  },
  {
    id: 'log.sent-after-reply',
    section: 4,
    checks: 'an event that was sent after a reply has a larger offset, whoever sends it',
    run: async (lab) => {
      const [one, other] = await Promise.all([lab.guest(), lab.guest()])
      let last = 0
      for (let i = 0; i < 10; i++) {
        const { offset } = await (i % 2 === 0 ? one : other).ask(EVENT.broadcast, { message: i })
        const next = expectInteger(offset, 'the offset')
        expectThat(next > last, `an offset above ${last}`, next)
        last = next
      }
    },
  },
]
