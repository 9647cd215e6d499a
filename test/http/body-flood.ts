/** Requests whose bodies are announced and sent, but for their last byte: the server has to hold what came until they are given up. */
import { RawConnection, requestHead } from '../helpers/raw.ts'
import type { Owner, TestServer } from '../helpers/server.ts'

export const MIB = 1024 * 1024
/** What a server holds of all bodies to its REST interface together, for each worker. */
export const CAP_MIB = 32

/** The head of a POST that announces so many bytes. */
export function postHead(length: number, token?: string, path = '/api/v1/broadcast'): string {
  const authorization = token === undefined ? undefined : `Bearer ${token}`
  const headers = { upgrade: undefined, connection: undefined, authorization }
  return requestHead({ method: 'POST', path, headers, lines: [`Content-Length: ${length}`] })
}

/** A request that announces 1 MiB and lacks the last byte of it. */
export function halfSent(token?: string): string {
  return postHead(MIB, token) + 'x'.repeat(MIB - 1)
}

/** Whether so many MiB are that many half-sent bodies, all that came of them. */
export function areHeld(mib: number, count: number): boolean {
  return mib >= (count * (MIB - 1)) / MIB
}

export function openRaw(owner: Owner, server: TestServer, count: number): RawConnection[] {
  return Array.from({ length: count }, () => {
    const connection = new RawConnection(server.port)
    owner.teardown(() => connection.end())
    return connection
  })
}
