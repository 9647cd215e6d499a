import t from 'tap'
import { Channels } from '../../src/client/channels.ts'
import type { EventEnvelope, ReadyPayload } from '../../src/protocol/shapes/events.ts'
import { eventOf } from './scripted-server.ts'

interface Cursor {
  restart(epoch: string, offset: number, rooms: readonly string[]): void
  take(event: EventEnvelope, inReplay: boolean): 'next' | 'seen' | 'gap'
}

// A file that browsers take as it is.
const file = new URL('../../src/console/cursor.js', import.meta.url)
const { Cursor } = (await import(file.href)) as { readonly Cursor: new () => Cursor }

const WORDS = { deliver: 'next', duplicate: 'seen', gap: 'gap' } as const

t.test('the console counts each event to the channel to which the client library counts it', async (t) => {
  const types = [
    'core.game.state.send_message',
    'core.game.state.buy_good',
    'core.game.state.broadcast',
    'core.game.new',
  ]
  const wheres: Partial<EventEnvelope>[] = [
    {},
    { channel: 'user' },
    { room: 'arena' },
    { room: 'arena', channel: 'user' },
  ]
  const all = types.flatMap((eventType) => wheres.map((where) => ({ eventType, ...where })))
  for (const first of all) {
    for (const second of all) {
      const channels = new Channels()
      channels.start({ epoch: 'e7', offset: 41 } as ReadyPayload, ['arena'])
      const cursor = new Cursor()
      cursor.restart('e7', 41, ['arena'])
      // The second event is a gap in a channel that saw nothing of the first one.
      for (const event of [eventOf(50, 41, first), eventOf(60, 50, second)]) {
        t.equal(cursor.take(event, false), WORDS[channels.take(event)], JSON.stringify([first, second]))
      }
    }
  }
})
