import { EVENT } from '../protocol/events.ts'
import type { Command } from './command.ts'

export const sessionPing: Command<undefined, 'sessionPing'> = {
  eventType: EVENT.sessionPing,
  about: { summary: 'Asks for a sign of life.' },
  parse: () => undefined,
  run(_args, { context }, done) {
    done({ server_time: context.clock.wallMs() })
  },
}
