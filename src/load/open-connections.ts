import type { Connection } from './connection.ts'

/** How many handshakes may be under way at the same time. */
const OPENING_MAX = 100

/** Opens the connections with these numbers, and waits until all are ready. */
export async function openConnections(
  connections: Connection[],
  [from, to]: readonly [from: number, to: number],
  open: (index: number) => Connection,
): Promise<void> {
  let next = from
  const openSome = async (): Promise<void> => {
    while (next < to) {
      const connection = open(next++)
      connections.push(connection)
      await connection.ready()
    }
  }
  await Promise.all(Array.from({ length: OPENING_MAX }, openSome))
}
