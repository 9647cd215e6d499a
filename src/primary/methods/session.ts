import type { Handlers } from '../../link/link.ts'
import type { ReplayPart, SessionMethods } from '../../link/methods/session.ts'
import type { ReplayChunk } from '../../hub/hub.ts'
import { encodeEventBlock } from '../../link/event-block.ts'
import { answerAfter } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'
import { admit, openNow, withRooms } from '../opening.ts'

type Needs = Pick<PrimaryContext, 'hub' | 'membership' | 'remembered' | 'publisher' | 'cluster' | 'clock' | 'log'>

export function sessionMethods(context: Needs, worker: number): Handlers<SessionMethods> {
  const { hub, membership, remembered } = context
  return {
    open(args, reply) {
      const opening = withRooms(context, args)
      const waiting = admit(context, worker, opening)
      if (!waiting) reply(openNow(context, opening))
      // The rest and the answer are one step, so that what the hub delivers after it comes after it on the link, too.
      else answerAfter(waiting, reply, (resume) => openNow(context, opening, resume))
    },

    replay({ connectionId, after }, reply) {
      const chunk = membership.replay(connectionId, after)
      reply(chunk ? toPart(chunk, after) : null)
    },

    close({ connectionId }) {
      membership.close(connectionId)
    },

    remembered({ session, cursor }, reply) {
      reply((hub.holds(cursor) ? remembered.of(session) : undefined) ?? null)
    },
  }
}

function toPart({ entries, complete }: ReplayChunk, after: number): ReplayPart {
  return { events: encodeEventBlock(entries), upTo: entries.at(-1)?.offset ?? after, complete }
}
