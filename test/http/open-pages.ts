import type { HttpAnswer } from '../../src/http/http.ts'
import type { Route } from '../../src/http/router.ts'
import { pageRoutes, type PagesOptions } from '../../src/http/routes/pages.ts'
import { openRouter } from './open-router.ts'

export const PREFIX = '/core/game/v1/real-time'

/** Asks for pages as browsers do: the real routes, without a server. */
export function openPages(options: Omit<PagesOptions, 'hasDocs' | 'hasSignIn'> & Partial<PagesOptions>) {
  const get = openRoutes(pageRoutes({ hasDocs: true, hasSignIn: false, ...options }))
  return async (...asked: Parameters<typeof get>): Promise<HttpAnswer & { readonly body: string }> => {
    const answer = await get(...asked)
    return { ...answer, body: String(answer.body) }
  }
}

export function openRoutes(routes: readonly Route[]) {
  const route = openRouter(routes)
  return async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> => {
    const head = { method: 'GET', path, query: '', headers: Object.entries(headers), remoteAddress: '127.0.0.1' }
    const plan = route({ ...head, headers: [['host', 'server'], ...head.headers] })
    if (plan.kind === 'refuse') return plan.answer
    return plan.run(() => Promise.reject(new Error('a GET has no body')))
  }
}
