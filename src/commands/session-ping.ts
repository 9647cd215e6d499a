import { EVENT } from '../protocol/events.ts'
import type { Command } from './command.ts'

export const sessionPing: Command<undefined> = {
  eventType: EVENT.sessionPing,
  parse: () => undefined,
  run(_args, { context }, done) {
    done({ server_time: context.clock.wallMs() })
  },
}
