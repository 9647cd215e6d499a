import { EVENT } from '../../protocol/events.ts'
import { inBoth, PLAYERS, PLAYERS_AND_ADMIN, type Case } from '../case.ts'
import { expectEqual, expectInteger, expectThat, fieldsOf } from '../expect.ts'
import { expectRefused } from '../http.ts'
import type { Lab } from '../lab.ts'
import { isEvent, payloadOf, type Frame } from '../peer.ts'

const carries =
  (data: string) =>
  (frame: Frame): boolean =>
    isEvent(EVENT.sendMessage)(frame) && JSON.stringify(frame['payload']).includes(data)

function messageCase(id: string, checks: string, run: (lab: Lab) => Promise<void>): Case {
  return { id: `message.${id}`, section: 3, checks, needs: PLAYERS, run }
}

export const MESSAGE_CASES: readonly Case[] = [
  messageCase(
    'every-connection',
    'every connection of the user gets the message, and delivered counts them',
    async (lab) => {
      const [sender, one] = await Promise.all([lab.player(), lab.player()])
      const other = await lab.player(one.userId, { encoding: 'msgpack' })
      const text = lab.name('text')
      const { delivered, offset } = await sender.ask(EVENT.sendMessage, { target_user_id: one.userId, text })
      expectEqual(delivered, 2, 'delivered')
      for (const peer of [one, other]) {
        const event = await peer.event(carries(text), 'the message')
        expectEqual(event['offset'], offset, 'its offset')
        expectEqual(event['userId'], sender.userId, 'its sender')
        expectThat(!('room' in event), 'no room', event)
      }
    },
  ),
  messageCase('nobody-else', 'nobody else gets the message, not even the sender', async (lab) => {
    const [sender, target, stranger] = await Promise.all([lab.player(), lab.player(), lab.player()])
    await lab.room(sender, target, stranger)
    const text = lab.name('text')
    await sender.ask(EVENT.sendMessage, { target_user_id: target.userId, text })
    await target.event(carries(text), 'the message')
    await lab.expectNothing([sender, stranger], carries(text), 'no message for others')
  }),
  messageCase('offline', 'a user without a connection: USER_OFFLINE', async (lab) => {
    const sender = await lab.player()
    await sender.refused('USER_OFFLINE', EVENT.sendMessage, { target_user_id: lab.name('nobody'), text: 'x' })
  }),
  messageCase('gone', 'a user whose last connection was closed: USER_OFFLINE', async (lab) => {
    const [sender, target] = await Promise.all([lab.player(), lab.player()])
    await target.close()
    const payload = { target_user_id: target.userId, text: 'x' }
    // The server may not have noticed the close yet.
    for (let i = 0; i < 20 && (await sender.request(EVENT.sendMessage, payload))['success'] === true; i++) {
      await sender.ask(EVENT.sessionPing, {})
    }
    await sender.refused('USER_OFFLINE', EVENT.sendMessage, payload)
  }),
  messageCase('to-oneself', 'users may write to all of their own connections', async (lab) => {
    const player = await lab.player()
    const text = lab.name('text')
    await player.ask(EVENT.sendMessage, { target_user_id: player.userId, text })
    await player.event(carries(text), 'the message')
  }),
  ...inBoth('message.data', (encoding) => ({
    section: 3,
    checks: 'data of any kind arrives equal in value',
    needs: PLAYERS,
    run: async (lab) => {
      const player = await lab.player(undefined, { encoding })
      for (const data of [null, 0, false, '', [1.5, { a: null }]]) {
        const { offset } = await player.ask(EVENT.sendMessage, { target_user_id: player.userId, data })
        const event = await player.event((frame) => frame['offset'] === offset, 'the message')
        expectEqual(payloadOf(event)['data'], data, 'data')
      }
    },
  })),
  {
    id: 'message.guests',
    section: 3,
    checks: 'guests may write to each other',
    run: async (lab) => {
      const [one, other] = await Promise.all([lab.guest(), lab.guest()])
      const text = lab.name('text')
      await one.ask(EVENT.sendMessage, { target_user_id: other.userId, text })
      await other.event(carries(text), 'the message')
    },
  },
  {
    id: 'message.guest-to-player',
    section: 3,
    checks: "a guest's message to a player arrives, or is refused with FORBIDDEN, as the server is configured",
    needs: PLAYERS,
    run: async (lab) => {
      const [guest, player] = await Promise.all([lab.guest(), lab.player()])
      const text = lab.name('text')
      const { success, error } = await guest.request(EVENT.sendMessage, { target_user_id: player.userId, text })
      if (success === true) {
        await player.event(carries(text), 'the message')
        return
      }
      expectEqual(fieldsOf(error)['code'], 'FORBIDDEN', 'the code')
      await lab.expectNothing([player], carries(text), 'no message')
    },
  },
  {
    id: 'message.by-rest',
    section: 8,
    checks: 'POST /api/v1/messages reaches every connection of the user',
    needs: PLAYERS_AND_ADMIN,
    run: async (lab) => {
      const player = await lab.player()
      const text = lab.name('text')
      const { offset, delivered } = await lab.admin('POST', '/api/v1/messages', { target_user_id: player.userId, text })
      expectInteger(offset, 'offset')
      expectEqual(delivered, 1, 'delivered')
      await player.event(carries(text), 'the message')
      const nobody = { target_user_id: lab.name('nobody'), text }
      expectRefused(await lab.askAdmin('POST', '/api/v1/messages', nobody), 409, 'USER_OFFLINE')
    },
  },
]
