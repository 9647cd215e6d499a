import type { PageArgs, PresencePage } from '../protocol/page.ts'
import type { UserId } from '../protocol/ids.ts'

/** A page of users in the order of their ids; the cursor is the last id. */
export function toUserPage(users: ReadonlyMap<UserId, number>, { limit, cursor }: PageArgs): PresencePage {
  const ids = [...users.keys()].filter((id) => cursor === null || id > cursor).sort()
  const shown = ids.slice(0, limit)
  return {
    users: shown.map((user_id) => ({ user_id, connections: users.get(user_id) ?? 0 })),
    next_cursor: ids.length > limit ? (shown.at(-1) ?? null) : null,
    total: users.size,
  }
}
