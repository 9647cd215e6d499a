import { isPlayerId, mintToken } from '../auth/token.ts'
import { hasSignIn, signInCode } from '../config/development.ts'
import type { SignIn } from '../http/routes/sign-in.ts'
import { badRequest } from '../protocol/errors.ts'
import type { WorkerContext } from './context.ts'

export type SignInOptions = Pick<WorkerContext, 'config' | 'clock'> & {
  readonly welcome: Pick<WorkerContext['welcome'], 'port' | 'adminToken' | 'tokenKey'>
}

/** Returns undefined if nobody may sign in with one click. */
export function signInOf({ config, welcome, clock }: SignInOptions): SignIn | undefined {
  const { settings } = config
  const { port, adminToken, tokenKey } = welcome
  if (!hasSignIn(settings) || tokenKey.kind !== 'secret') return undefined
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = settings
  return {
    port,
    adminToken,
    code: signInCode(adminToken),
    mint: (sub) => {
      if (!isPlayerId(sub)) throw badRequest('user_id', 'must not be the id of a guest')
      return mintToken({
        secret: tokenKey.secret,
        sub,
        nowMs: clock.wallMs(),
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      })
    },
  }
}
