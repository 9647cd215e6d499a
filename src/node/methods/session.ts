import type { Handlers } from '../../link/link.ts'
import type { Opened } from '../../connections/connections.ts'
import type { OpenArgs, OpenResult, ReplayPart, SessionMethods } from '../../link/methods/session.ts'
import type { ReplayChunk } from '../../hub/hub.ts'
import { encodeEventBlock } from '../../link/event-block.ts'
import { answerAfter } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'

type Needs = Pick<PrimaryContext, 'hub' | 'connections' | 'sessions' | 'games' | 'owners'>

export function sessionMethods(
  { hub, connections, sessions, games, owners }: Needs,
  worker: number,
): Handlers<SessionMethods> {
  const withGames = ({ rooms }: OpenArgs, opened: Opened): OpenResult => {
    const playing = opened.rooms.filter((room) => games.rooms.get(room) ?? games.rooms.ended.has(room))
    const result = playing.length === 0 ? opened : { ...opened, games: playing }
    // All that it names were let in.
    if ((rooms?.length ?? 0) === opened.rooms.length) return result
    const elsewhere = (rooms ?? []).flatMap((room) => {
      const refusal = opened.rooms.includes(room) ? undefined : owners.refusal(room)
      return refusal ? [{ room, refusal: refusal.toBody() }] : []
    })
    return elsewhere.length === 0 ? result : { ...result, elsewhere }
  }
  return {
    open(args, reply) {
      const waiting = connections.admit(worker, args)
      if (!waiting) reply(withGames(args, connections.open(args)))
      // Opening and answering are one step, so events that the hub delivers afterwards come after the answer on the link, too.
      else answerAfter(waiting, reply, (resume) => withGames(args, connections.open(args, resume)))
    },

    replay({ connectionId, after }, reply) {
      const chunk = connections.replay(connectionId, after)
      reply(chunk ? toPart(chunk, after) : null)
    },

    close({ connectionId }) {
      connections.close(connectionId)
    },

    remembered({ session, cursor }, reply) {
      reply((hub.holds(cursor) ? sessions.of(session) : undefined) ?? null)
    },
  }
}

function toPart({ entries, complete }: ReplayChunk, after: number): ReplayPart {
  return { events: encodeEventBlock(entries), upTo: entries.at(-1)?.offset ?? after, complete }
}
