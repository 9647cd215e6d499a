import type { TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

/** What the server logged with this message. */
export function lines(server: TestServer, msg: string) {
  return server.logs().filter((line) => line['msg'] === msg)
}

/** Resolves when a reload has ended, after those that there were before. */
export function rolled(server: TestServer, before: number): Promise<boolean> {
  return until(() => lines(server, 'all workers were replaced').length > before)
}
