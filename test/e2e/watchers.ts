import type { Test } from 'tap'
import { connect, type GameClient, type GameEvent, type StatusChange } from '../../src/client/index.ts'
import type { TestClient } from '../helpers/client.ts'
import type { TestServer } from '../helpers/server.ts'
import { realTime } from '../helpers/real-time.ts'

export const BROADCAST = 'core.game.state.broadcast'
export const ROOM = 'arena'

/** An SDK client with all it was given. */
export interface Watcher {
  readonly client: GameClient
  readonly events: GameEvent[]
  readonly changes: StatusChange[]
  gaps: number
  /** Where it began to listen, to the namespace and to the room. */
  readonly cursor: number
  roomCursor: number
}

export async function watch(t: Test, server: TestServer, i: number): Promise<Watcher> {
  const encoding = i % 2 === 0 ? 'json' : 'msgpack'
  const isGuest = i % 4 < 2
  const client = await connect({
    url: server.url,
    namespace: isGuest ? 'public' : 'private',
    encoding,
    reconnect: { baseMs: 100, maxMs: 500 },
    ...(isGuest ? {} : { token: () => server.mint(`watcher-${i}`) }),
  })
  t.teardown(() => client.close())
  const watcher: Watcher = {
    client,
    events: [],
    changes: [],
    gaps: 0,
    cursor: Number(client.session?.offset),
    roomCursor: 0,
  }
  client.on('*', (event) => watcher.events.push(event))
  client.on('status', (change) => watcher.changes.push(change))
  client.on('gap', () => watcher.gaps++)
  if (!isGuest) watcher.roomCursor = (await client.join(ROOM)).offset
  return watcher
}

/** Sends at 200/s what is accepted or not; gives the offsets of what was, by channel. */
export function flood(sender: TestClient, count: number) {
  const accepted = { room: new Set<number>(), namespace: new Set<number>() }
  const done = (async () => {
    const replies: Promise<void>[] = []
    for (let i = 0; i < count; i++) {
      const toRoom = i % 2 === 0
      const reply = sender.request(BROADCAST, { message: i }, toRoom ? { room: ROOM } : {})
      replies.push(
        reply.then(
          ({ success, data }) =>
            void (success && accepted[toRoom ? 'room' : 'namespace'].add(Number(data?.['offset']))),
          () => {}, // the connection went down with the server: not accepted, as far as anybody knows
        ),
      )
      await realTime(5)
    }
    await Promise.all(replies)
  })()
  return { accepted, done }
}

/** Of the accepted broadcasts, those that this watcher's channels have. */
export function expectedOf(watcher: Watcher, accepted: ReturnType<typeof flood>['accepted']): ReadonlySet<number> {
  return watcher.client.session?.namespace === 'guest' ? new Set() : new Set([...accepted.room, ...accepted.namespace])
}

export function hasAll(watcher: Watcher, accepted: ReturnType<typeof flood>['accepted']): boolean {
  const seen = new Set(watcher.events.map(({ offset }) => offset))
  return [...expectedOf(watcher, accepted)].every((offset) => seen.has(offset))
}
