import { badRequest, Refusal } from '../protocol/errors.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import { EVENT } from '../protocol/events.ts'
import type { Command } from './command.ts'

export const sessionRefresh: Command<string, 'sessionRefresh'> = {
  eventType: EVENT.sessionRefresh,
  about: { summary: 'Prolongs the connection with a fresh token.', errors: ['TOKEN_INVALID', 'TOKEN_EXPIRED'] },

  parse({ token }) {
    if (typeof token !== 'string') throw badRequest('payload.token', 'must be a string')
    return token
  },

  run(token, { connection, context }, done) {
    if (connection.access === 'guest') throw new Refusal('FORBIDDEN', 'a guest has no token to refresh')
    const { userId, expiresAtMs, tokenKey } = context.verifyToken(token)
    if (userId !== connection.userId) {
      done(new Refusal('FORBIDDEN', 'the token is of another user'))
      connection.close(CLOSE.tokenInvalid, 'the token is of another user')
      return
    }
    connection.expiresAt(expiresAtMs)
    connection.tokenKey = tokenKey
    connection.keyGoneSinceMs = 0
    done({ expires_at: expiresAtMs })
  },
}
