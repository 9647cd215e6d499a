import { CLOSE } from '../../protocol/close-codes.ts'
import { EVENT, SERVER_EVENT } from '../../protocol/events.ts'
import { systemClock } from '../../base/clock.ts'
import { inBoth, PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectText, expectThat } from '../expect.ts'
import type { Peer } from '../peer.ts'

const DAY_MS = 86_400_000

/** Checks that all fields of section 4 of docs/reference/protocol.md are there, with the right types. */
function expectReady({ first, frames }: Peer): void {
  expectEqual(frames[0]?.['eventType'], SERVER_EVENT.ready, 'the first frame')
  for (const name of ['session_id', 'resume_token', 'connection_id', 'user_id', 'namespace', 'node', 'epoch']) {
    expectText(first[name], name)
  }
  expectInteger(first['offset'], 'offset')
  expectInteger(first['ping_interval_ms'], 'ping_interval_ms', 1)
  expectInteger(first['max_payload_bytes'], 'max_payload_bytes', 1)
  const serverTime = expectInteger(first['server_time'], 'server_time')
  expectThat(Math.abs(serverTime - systemClock.wallMs()) < DAY_MS, 'Unix time in milliseconds', serverTime)
}

const READY: readonly Case[] = [
  ...inBoth('ready.fields', (encoding) => ({
    section: 4,
    checks: 'the first frame is ready, with all its fields',
    run: async (lab) => expectReady(await lab.guest({ encoding })),
  })),
  {
    id: 'ready.player',
    section: 4,
    checks: 'for a player the user id is the sub, and the namespace is not that of guests',
    needs: PLAYERS,
    run: async (lab) => {
      const user = lab.name('player')
      const [player, guest] = await Promise.all([lab.player(user), lab.guest()])
      expectReady(player)
      expectEqual(player.userId, user, 'user_id')
      expectThat(player.namespace !== guest.namespace, 'two namespaces', guest.namespace)
    },
  },
  {
    id: 'ready.own-ids',
    section: 4,
    checks: 'each connection has its own connection, session and resume token',
    run: async (lab) => {
      const [one, other] = await Promise.all([lab.guest(), lab.guest()])
      for (const name of ['connection_id', 'session_id', 'resume_token']) {
        expectThat(one.first[name] !== other.first[name], `two values of ${name}`, one.first[name])
      }
    },
  },
  {
    id: 'ready.epoch',
    section: 4,
    checks: 'all connections get the same epoch',
    run: async (lab) => {
      const [one, other] = await Promise.all([lab.guest(), lab.guest()])
      expectEqual(one.first['epoch'], other.first['epoch'], 'the epoch')
    },
  },
  {
    id: 'ready.comes-first',
    section: 4,
    checks: 'nothing is answered before ready',
    run: async (lab) => {
      const peer = lab.connect({})
      peer.ws.once('open', () => peer.send({ id: 'early', eventType: EVENT.sessionPing, payload: {} }))
      await peer.reply('early')
      expectEqual(peer.frames[0]?.['eventType'], SERVER_EVENT.ready, 'the first frame')
    },
  },
]

const REFRESH: readonly Case[] = [
  {
    id: 'session.ping',
    section: 3,
    checks: "session.ping returns the server's time",
    run: async (lab) => {
      const guest = await lab.guest()
      const { server_time } = await guest.ask(EVENT.sessionPing, {})
      expectThat(
        Math.abs(expectInteger(server_time, 'server_time') - systemClock.wallMs()) < DAY_MS,
        'now',
        server_time,
      )
    },
  },
  {
    id: 'session.refresh',
    section: 1,
    checks: 'session.refresh accepts a fresh token of the same sub, and returns when it expires',
    needs: PLAYERS,
    run: async (lab) => {
      const player = await lab.player()
      const exp = Math.floor(systemClock.wallMs() / 1000) + 7200
      const { expires_at } = await player.ask(EVENT.sessionRefresh, { token: lab.token(player.userId, { exp }) })
      expectEqual(expires_at, exp * 1000, 'expires_at')
    },
  },
  {
    id: 'session.refresh-expired',
    section: 1,
    checks: 'session.refresh with an expired token: TOKEN_EXPIRED, and the connection goes on',
    needs: PLAYERS,
    run: async (lab) => {
      const player = await lab.player()
      const exp = Math.floor(systemClock.wallMs() / 1000) - 600
      await player.refused('TOKEN_EXPIRED', EVENT.sessionRefresh, { token: lab.token(player.userId, { exp }) })
      await player.ask(EVENT.sessionPing, {})
    },
  },
  {
    id: 'session.refresh-bad',
    section: 1,
    checks: 'session.refresh with something that is not a token: TOKEN_INVALID',
    needs: PLAYERS,
    run: async (lab) => {
      const player = await lab.player()
      await player.refused('TOKEN_INVALID', EVENT.sessionRefresh, { token: 'garbage' })
    },
  },
  {
    id: 'session.refresh-other-sub',
    section: 1,
    checks: 'session.refresh with the token of another user: FORBIDDEN, and 4501',
    needs: PLAYERS,
    run: async (lab) => {
      const player = await lab.player()
      await player.refused('FORBIDDEN', EVENT.sessionRefresh, { token: lab.token(lab.name('other')) })
      await player.expectClosed(CLOSE.tokenInvalid)
    },
  },
  {
    id: 'session.refresh-guest',
    section: 1,
    checks: 'session.refresh does not make a guest a player',
    needs: PLAYERS,
    run: async (lab) => {
      const guest = await lab.guest()
      const token = lab.token(lab.name('player'))
      expectEqual((await guest.request(EVENT.sessionRefresh, { token }))['success'], false, 'success')
    },
  },
]

export const SESSION_CASES: readonly Case[] = [...READY, ...REFRESH]
