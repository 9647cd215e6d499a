import type { HttpAnswer } from '../../src/http/http.ts'
import { pageRoutes, type PagesOptions } from '../../src/http/routes/pages.ts'
import { openRouter } from './open-router.ts'

export const PREFIX = '/core/game/v1/real-time'

/** Asks for pages as browsers do: the real routes, without a server. */
export function openPages(options: PagesOptions) {
  const route = openRouter(pageRoutes(options))
  return async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> => {
    const head = { method: 'GET', path, query: '', headers: Object.entries(headers), remoteAddress: '127.0.0.1' }
    const plan = route({ ...head, headers: [['host', 'server'], ...head.headers] })
    if (plan.kind === 'refuse') return plan.answer
    const answer = await plan.run(() => Promise.reject(new Error('a GET has no body')))
    return { ...answer, body: String(answer.body) }
  }
}
