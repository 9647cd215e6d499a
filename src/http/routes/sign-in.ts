import { findSignInFault } from '../../door/sign-in.ts'
import { Refusal } from '../../protocol/errors.ts'
import { parseUserId, type UserId } from '../../protocol/ids.ts'
import { SIGN_IN_BODY, type SignedIn } from '../../protocol/shapes/operations.ts'
import { jsonAnswer } from '../http.ts'
import { parseBody } from '../parse.ts'
import { createSecretCheck } from '../secret-check.ts'
import type { Route } from '../router.ts'

/** What the server needs to sign somebody in with one click. */
export interface SignIn {
  /** The port of this server. */
  readonly port: number
  /** See `signInCode`. */
  readonly code: string
  readonly adminToken: string
  /** Makes a token of a player. Throws BAD_REQUEST for the id of a guest. */
  readonly mint: (userId: UserId) => string
}

/** For development: gives tokens to the console of this machine. Returns no route if `signIn` is undefined. */
export function signInRoutes(signIn: SignIn | undefined): readonly Route[] {
  if (signIn === undefined) return []
  const isCode = createSecretCheck(signIn.code)
  return [
    {
      method: 'POST',
      path: '/api/v1/sign-in',
      access: 'open',
      operation: {
        id: 'signIn',
        summary: 'For development: a token for the console of this machine, of a player or of the operator.',
        body: 'SignInBody',
        answers: { 200: 'SignedIn' },
        errors: ['FORBIDDEN'],
      },
      run: async ({ head, json }) => {
        const fault = findSignInFault(head, signIn.port)
        if (fault !== undefined) throw new Refusal('FORBIDDEN', `signing in with one click is refused: ${fault}`)
        const { code, user_id } = parseBody(await json(), SIGN_IN_BODY)
        if (typeof code !== 'string' || !isCode(code))
          throw new Refusal('FORBIDDEN', 'this is not the code that the server has printed')
        const token = user_id === undefined ? signIn.adminToken : signIn.mint(parseUserId(user_id, 'user_id'))
        return jsonAnswer({ token } satisfies SignedIn)
      },
    },
  ]
}
