import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { delay } from '../../base/delay.ts'
import { CLOSE } from '../../protocol/close-codes.ts'
import { EVENT } from '../../protocol/events.ts'
import { inBoth, PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectThat, fieldsOf, Skip } from '../expect.ts'
import { errorOf, type HttpAnswer } from '../http.ts'
import type { Lab } from '../lab.ts'
import { isEvent, payloadOf } from '../peer.ts'

/** How many connections are tried, as the server's own limit is not known. */
const CONNECTIONS_TRIED = 128
const REQUESTS_TRIED = 5000
const HTTP_TRIED = 4000
/** How many events are sent, each of half the largest frame: more than a user may send by default. */
const EVENTS_SAID = 100
const RETRY_S_MAX = 10

const CLOSING: readonly Case[] = [
  {
    id: 'close.normal',
    section: 5,
    checks: 'a close with 1000 is answered with 1000',
    run: async (lab) => {
      const guest = await lab.guest()
      guest.ws.close(1000)
      await guest.expectClosed(CLOSE.normal)
    },
  },
  ...inBoth('close.too-large', (encoding) => ({
    section: 7,
    checks: 'a frame larger than max_payload_bytes: PAYLOAD_TOO_LARGE, and 1009',
    run: async (lab) => {
      const guest = await lab.guest({ encoding })
      const bytes = expectInteger(guest.first['max_payload_bytes'], 'max_payload_bytes', 1)
      guest.send({ id: 'large', eventType: EVENT.broadcast, payload: { message: 'x'.repeat(bytes) } })
      expectEqual(fieldsOf((await guest.reply('large'))['error'])['code'], 'PAYLOAD_TOO_LARGE', 'the code')
      await guest.expectClosed(CLOSE.tooLarge)
    },
  })),
  {
    id: 'close.large-enough',
    section: 7,
    checks: 'a frame of exactly max_payload_bytes is accepted',
    run: async (lab) => {
      const guest = await lab.guest()
      const bytes = expectInteger(guest.first['max_payload_bytes'], 'max_payload_bytes', 1)
      const frame = JSON.stringify({ id: 'large', eventType: EVENT.sessionPing, payload: {} })
      guest.sendBytes(frame.padEnd(bytes))
      expectEqual((await guest.reply('large'))['success'], true, 'success')
    },
  },
  {
    id: 'close.bad-once',
    section: 5,
    checks: 'one bad frame does not close the connection',
    run: async (lab) => {
      const guest = await lab.guest()
      guest.sendBytes('{')
      await guest.errorWithoutId()
      await guest.ask(EVENT.sessionPing, {})
    },
  },
  {
    id: 'close.ping-frame',
    section: 5,
    checks: 'a ping frame gets a pong with the same bytes (RFC 6455)',
    run: async (lab) => {
      const guest = await lab.guest()
      const pongs: string[] = []
      guest.ws.on('pong', (data) => pongs.push(data.toString()))
      guest.ws.ping('drum')
      // A request that was sent after the ping is answered after the pong.
      await guest.ask(EVENT.sessionPing, {})
      expectEqual(pongs, ['drum'], 'the pongs')
    },
  },
  {
    id: 'close.fragments',
    section: 5,
    checks: 'a message in several fragments counts as one frame (RFC 6455)',
    run: async (lab) => {
      const guest = await lab.guest()
      const text = JSON.stringify({ id: 'parts', eventType: EVENT.sessionPing, payload: {} })
      guest.ws.send(text.slice(0, 20), { fin: false })
      guest.ws.send(text.slice(20), { fin: true })
      expectEqual((await guest.reply('parts'))['success'], true, 'success')
    },
  },
  {
    id: 'close.bad-utf8',
    section: 5,
    checks: 'a text frame that is not UTF-8 ends the connection, and is not carried out',
    run: async (lab) => {
      const [guest, witness] = await Promise.all([lab.guest(), lab.guest()])
      const [before, after] = JSON.stringify({ eventType: EVENT.broadcast, payload: { message: 'ü' } }).split('ü')
      guest.ws.send(Buffer.concat([Buffer.from(before ?? ''), Buffer.of(0xff), Buffer.from(after ?? '')]), {
        binary: false,
      })
      await guest.closed()
      const isIts = ({ userId }: { readonly userId?: unknown }) => userId === guest.userId
      await lab.expectNothing([witness], isIts, 'no event')
    },
  },
]

const LIMITS: readonly Case[] = [
  {
    id: 'limit.connections-per-user',
    section: 7,
    checks: 'more connections than a user may have: 4504',
    needs: PLAYERS,
    run: async (lab) => {
      const token = { authorization: `Bearer ${lab.token(lab.name('player'))}` }
      for (let i = 0; i < CONNECTIONS_TRIED; i++) {
        const peer = lab.connect({ path: 'private', headers: token })
        await peer.has(() => true, 1)
        if (!peer.isClosed) continue
        await peer.expectClosed(CLOSE.connectionLimit)
        return
      }
      throw new Skip(`the server allows ${CONNECTIONS_TRIED} connections of one user`)
    },
  },
  {
    id: 'limit.messages',
    section: 7,
    checks: 'too many requests: RATE_LIMITED, retryable, with retry_after_ms; the connection goes on',
    run: async (lab) => {
      const guest = await lab.guest()
      const ping = { eventType: EVENT.sessionPing, payload: {} }
      for (let i = 0; i < REQUESTS_TRIED && !guest.isClosed; i++) {
        guest.send({ id: `r${i}`, ...ping })
        // In portions, so that no request is lost.
        if (i % 500 === 499) await guest.reply(`r${i}`)
        if (i % 500 === 499 && guest.frames.some(({ success }) => success === false)) break
      }
      const limited = guest.frames.find(({ success }) => success === false)
      if (limited) expectThat(/^r\d+$/.test(String(limited['replyTo'])), 'replyTo', limited)
      if (!limited) throw new Skip(`the server accepts ${REQUESTS_TRIED} requests at once`)
      const { code, retryable, details } = fieldsOf(limited['error'])
      expectEqual({ code, retryable }, { code: 'RATE_LIMITED', retryable: true }, 'the error')
      const waitMs = fieldsOf(details)['retry_after_ms']
      expectThat(typeof waitMs === 'number' && waitMs > 0, 'retry_after_ms above 0', details)
    },
  },
  {
    id: 'limit.said',
    section: 7,
    checks:
      "a user's events are done, or refused with RATE_LIMITED and retry_after_ms, as the server is configured; refused ones reach nobody",
    needs: PLAYERS,
    run: async (lab) => {
      const [player, other] = await Promise.all([lab.player(), lab.player()])
      const room = await lab.room(player, other)
      const message = 'x'.repeat(
        Math.floor(expectInteger(player.first['max_payload_bytes'], 'max_payload_bytes', 1) / 2),
      )
      let done = 0
      for (let i = 0; i < EVENTS_SAID; i++) {
        const { success, error } = await player.request(EVENT.broadcast, { message }, { room })
        if (success === true) done++
        else {
          const { code, details } = fieldsOf(error)
          expectEqual(code, 'RATE_LIMITED', 'the code')
          expectThat(Number(fieldsOf(details)['retry_after_ms']) > 0, 'retry_after_ms above 0', details)
        }
      }
      // Events have one order. When a later event has come, none of the earlier ones is still on its way.
      await other.ask(EVENT.broadcast, { message: 'last' }, { room })
      await other.event((frame) => payloadOf(frame)['message'] === 'last', 'the last event')
      expectEqual(other.frames.filter(isEvent(EVENT.broadcast)).length, done + 1, 'the number of events that came')
    },
  },
  {
    id: 'limit.retry-after',
    section: 1,
    checks: 'too many attempts: 429 or 503 with Retry-After, and retry_after_ms in the body',
    run: async (lab) => {
      const refused = await askUntilLimited(lab)
      if (!refused) throw new Skip(`the server answers ${HTTP_TRIED} attempts in a row`)
      const { code, retryable, details } = errorOf(refused)
      expectThat(
        ['RATE_LIMITED', 'OVERLOADED', 'DRAINING'].includes(String(code)),
        'a code that means: try later',
        code,
      )
      expectEqual(retryable, true, 'retryable')
      const retryAfter = refused.headers['retry-after']
      expectThat(/^[1-9]\d*$/.test(retryAfter ?? ''), 'Retry-After in whole seconds', retryAfter)
      expectThat(Number(fieldsOf(details)['retry_after_ms']) > 0, 'retry_after_ms above 0', details)
      await delay(Math.min(Number(retryAfter), RETRY_S_MAX) * 1000)
    },
  },
]

/** Makes attempts over one connection, until the server tells one to come later. */
async function askUntilLimited(lab: Lab): Promise<HttpAnswer | undefined> {
  const Agent = lab.target.url.protocol === 'https:' ? HttpsAgent : HttpAgent
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    for (let i = 0; i < HTTP_TRIED; i++) {
      const answer = await lab.http({ path: `${lab.target.prefix}/public`, agent })
      if (answer.status === 429 || answer.status === 503) return answer
    }
    return undefined
  } finally {
    agent.destroy()
  }
}

/** Cases of limits come last, because the server gives back slowly what they use up. */
export const CLOSING_CASES: readonly Case[] = [...CLOSING, ...LIMITS]
