import { PLAYERS, type Case } from '../case.ts'
import { expectEqual, expectThat, Skip, type Fields } from '../expect.ts'
import { expectRefused } from '../http.ts'
import type { Lab } from '../lab.ts'
import { systemClock } from '../../base/clock.ts'

const inSeconds = (seconds: number) => Math.floor(systemClock.wallMs() / 1000) + seconds

/** Tokens that have to be refused, and the expected refusal. */
const BAD: readonly {
  readonly id: string
  readonly checks: string
  readonly token: (lab: Lab, sub: string) => string
  readonly code?: string
}[] = [
  {
    id: 'expired',
    checks: 'a token that expired ten minutes ago',
    token: (lab, sub) => lab.token(sub, { exp: inSeconds(-600) }),
    code: 'TOKEN_EXPIRED',
  },
  {
    id: 'wrong-key',
    checks: 'a token signed with another key',
    token: (lab, sub) => lab.signed({ sub }, undefined, 'another secret of thirty-two bytes, or more'),
  },
  {
    id: 'alg-none',
    checks: 'alg none, without a signature',
    token: (lab, sub) => `${unsigned(lab.token(sub, {}, { alg: 'none', typ: 'JWT' }))}.`,
  },
  {
    id: 'alg-none-signed',
    checks: 'alg none, with a signature',
    token: (lab, sub) => lab.token(sub, {}, { alg: 'none', typ: 'JWT' }),
  },
  {
    id: 'alg-other',
    checks: 'an algorithm that does not fit the key',
    token: (lab, sub) => lab.token(sub, {}, { alg: 'RS256', typ: 'JWT' }),
  },
  {
    id: 'altered',
    checks: 'claims that were changed after signing',
    token: (lab, sub) => {
      const [head, , signature] = lab.token(sub).split('.')
      const [, claims] = lab.token(`${sub}x`).split('.')
      return [head, claims, signature].join('.')
    },
  },
  { id: 'no-signature', checks: 'no signature', token: (lab, sub) => `${unsigned(lab.token(sub))}.` },
  { id: 'two-parts', checks: 'two parts of three', token: (lab, sub) => unsigned(lab.token(sub)) },
  { id: 'four-parts', checks: 'four parts', token: (lab, sub) => `${lab.token(sub)}.e30` },
  { id: 'garbage', checks: 'something that is not a token', token: () => 'garbage' },
  { id: 'no-exp', checks: 'no exp', token: (lab, sub) => lab.token(sub, { exp: undefined }) },
  {
    id: 'exp-text',
    checks: 'an exp that is text',
    token: (lab, sub) => lab.token(sub, { exp: String(inSeconds(600)) }),
  },
  { id: 'nbf', checks: 'an nbf ten minutes ahead', token: (lab, sub) => lab.token(sub, { nbf: inSeconds(600) }) },
  ...(
    [
      ['absent', undefined],
      ['empty', ''],
      ['long', 'x'.repeat(65)],
      ['slash', 'a/b'],
      ['emoji', '🎲'],
      ['number', 7],
      ['list', ['alice']],
    ] as const
  ).map(([id, sub]) => ({
    id: `sub-${id}`,
    checks: `a sub that is ${id}`,
    token: (lab: Lab) => lab.signed({ sub }),
  })),
]

const unsigned = (token: string) => token.split('.').slice(0, 2).join('.')

function badCase({ id, checks, token, code = 'TOKEN_INVALID' }: (typeof BAD)[number]): Case {
  return {
    id: `token.${id}`,
    section: 1,
    checks: `${checks}: 401 ${code}`,
    needs: PLAYERS,
    run: async (lab) => {
      const headers = { authorization: `Bearer ${token(lab, lab.name('player'))}` }
      expectRefused(await lab.upgrade('/private', headers), 401, code)
    },
  }
}

/** `iss` and `aud`. Skipped if it is not known whether the server checks them. */
function claimCase(claim: 'iss' | 'aud', known: (lab: Lab) => string | undefined): Case {
  return {
    id: `token.${claim}`,
    section: 1,
    checks: `another ${claim}: 401 TOKEN_INVALID`,
    needs: PLAYERS,
    run: async (lab) => {
      if (known(lab) === undefined) throw new Skip(`the server is not known to check ${claim}`)
      const headers = { authorization: `Bearer ${lab.token(lab.name('player'), { [claim]: 'another' })}` }
      expectRefused(await lab.upgrade('/private', headers), 401, 'TOKEN_INVALID')
    },
  }
}

async function expectUser(lab: Lab, sub: string, claims: Fields = {}): Promise<void> {
  const headers = { authorization: `Bearer ${lab.token(sub, claims)}` }
  const peer = await lab.connect({ path: 'private', headers }).opened()
  expectEqual(peer.userId, sub, 'the user id')
}

const GOOD: readonly Case[] = [
  {
    id: 'token.none',
    section: 1,
    checks: 'no token on /private: 401 AUTH_REQUIRED',
    run: async (lab) => expectRefused(await lab.upgrade('/private'), 401, 'AUTH_REQUIRED'),
  },
  {
    id: 'token.header',
    section: 1,
    checks: 'Authorization: Bearer gives the sub as user',
    needs: PLAYERS,
    run: (lab) => expectUser(lab, lab.name('player')),
  },
  {
    id: 'token.sub-64',
    section: 1,
    checks: 'a sub with 64 characters of each allowed kind',
    needs: PLAYERS,
    run: (lab) => expectUser(lab, `A-z_09${lab.name('x')}`.padEnd(64, '_')),
  },
  {
    id: 'token.aud-list',
    section: 1,
    checks: 'an aud that is a list with the right value',
    needs: PLAYERS,
    run: async (lab) => {
      const { audience } = lab.target
      if (audience === undefined) throw new Skip('the server is not known to check aud')
      await expectUser(lab, lab.name('player'), { aud: ['another', audience] })
    },
  },
  {
    id: 'token.subprotocol',
    section: 1,
    checks: 'a subprotocol entry bearer.<jwt> gives the sub as user',
    needs: PLAYERS,
    run: async (lab) => {
      const sub = lab.name('player')
      const protocols = ['game.v1.json', `bearer.${lab.token(sub)}`]
      expectEqual((await lab.connect({ path: 'private', protocols }).opened()).userId, sub, 'the user id')
    },
  },
  {
    id: 'token.subprotocol-not-echoed',
    section: 1,
    checks: 'the entry with the token is never echoed, at any position',
    needs: PLAYERS,
    run: async (lab) => {
      const entry = `bearer.${lab.token(lab.name('player'))}`
      for (const [offered, chosen] of [
        [`game.v1.json, ${entry}`, 'game.v1.json'],
        [`${entry}, game.v1.msgpack`, 'game.v1.msgpack'],
        [entry, undefined],
      ] as const) {
        const { status, headers } = await lab.upgrade('/private', { 'sec-websocket-protocol': offered })
        expectEqual(status, 101, 'the status')
        const echoed = headers['sec-websocket-protocol']?.startsWith('bearer.') === true ? 'the token' : undefined
        expectEqual(echoed ?? headers['sec-websocket-protocol'], chosen, 'the subprotocol')
      }
    },
  },
  {
    id: 'token.subprotocol-bad',
    section: 1,
    checks: 'an invalid token in a subprotocol entry: 401',
    run: async (lab) => {
      const offered = { 'sec-websocket-protocol': 'game.v1.json, bearer.garbage' }
      expectRefused(await lab.upgrade('/private', offered), 401, 'TOKEN_INVALID')
    },
  },
  {
    id: 'token.query-bad',
    section: 1,
    checks: 'an invalid ?token= does not open /private, whether the server reads it or not',
    run: async (lab) => expectRefused(await lab.upgrade('/private?token=garbage'), 401),
  },
  {
    id: 'token.user-header',
    section: 1,
    checks: 'X-User-ID does not open /private without a token',
    run: async (lab) => expectRefused(await lab.upgrade('/private', { 'x-user-id': 'alice' }), 401, 'AUTH_REQUIRED'),
  },
  {
    id: 'token.guest-id',
    section: 1,
    checks: "a guest's user id is guest- and a random part",
    run: async (lab) => {
      const [one, other] = await Promise.all([lab.guest(), lab.guest()])
      for (const { userId } of [one, other]) {
        expectThat(/^guest-[A-Za-z0-9_-]{8,58}$/.test(userId), 'guest- and something random', userId)
      }
      expectThat(one.userId !== other.userId, 'two ids', one.userId)
    },
  },
]

export const TOKEN_CASES: readonly Case[] = [
  ...GOOD,
  ...BAD.map(badCase),
  claimCase('iss', (lab) => lab.target.issuer),
  claimCase('aud', (lab) => lab.target.audience),
]
