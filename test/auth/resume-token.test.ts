import { createHmac } from 'node:crypto'
import t from 'tap'
import type { Namespace, UserId } from '../../src/protocol/ids.ts'
import { createResumeTokens } from '../../src/auth/resume-token.ts'

const SECRET = new Uint8Array(32).fill(7)
const ALICE = { sessionId: 's-1', userId: 'alice' as UserId, namespace: 'private' as Namespace, use: 3 }
const TTL_MS = 60_000

function setUp(secret = SECRET) {
  const time = { nowMs: 1_790_000_000_000 }
  return { time, tokens: createResumeTokens({ secret, ttlMs: TTL_MS, nowMs: () => time.nowMs }) }
}

t.test('a resume token gives back who it was issued to, on any worker', async (t) => {
  const token = setUp().tokens.issue(ALICE)
  t.same(setUp().tokens.read(token), ALICE)
  const begun = { epoch: 'e1', offset: 7 }
  t.same(setUp().tokens.read(setUp().tokens.issue({ ...ALICE, begun })), { ...ALICE, begun })
  t.equal(encodeURIComponent(token), token, 'fits into a query as it is')
})

t.test('a resume token ends with its time to live', async (t) => {
  const { time, tokens } = setUp()
  const token = tokens.issue(ALICE)
  time.nowMs += TTL_MS
  t.same(tokens.read(token), ALICE)
  time.nowMs += 1
  t.equal(tokens.read(token), undefined)
})

t.test('no altered character goes unnoticed', async (t) => {
  const { tokens } = setUp()
  const token = tokens.issue(ALICE)
  for (let i = 0; i < token.length; i++) {
    const other = token[i] === 'A' ? 'B' : 'A'
    t.equal(tokens.read(token.slice(0, i) + other + token.slice(i + 1)), undefined, `character ${i}`)
  }
})

t.test('a token of another secret, or MACed for another purpose, is not read', async (t) => {
  t.equal(setUp().tokens.read(setUp(new Uint8Array(32).fill(8)).tokens.issue(ALICE)), undefined)
  const [body = ''] = setUp().tokens.issue(ALICE).split('.')
  t.equal(setUp().tokens.read(`${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`), undefined)
})

t.test('what is no token at all is not read', async (t) => {
  const { tokens } = setUp()
  const token = tokens.issue(ALICE)
  const [body = '', mac = ''] = token.split('.')
  const wrong = ['', '.', 'x', body, `${body}.`, `.${mac}`, `${token}.x`, `${token}=`, ` ${token}`, `${token}\n`]
  for (const text of [...wrong, `${'A'.repeat(10_000)}.${mac}`, '\0', '😀.😀'])
    t.equal(tokens.read(text), undefined, text)
})

t.test('claims of another version of the token are not trusted, even with the right MAC', async (t) => {
  const now = 1_790_000_000_000
  const good = { sid: 's', uid: 'alice', ns: 'private', iat: now }
  const sign = (claims: unknown) => {
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
    const mac = createHmac('sha256', SECRET).update('drumbeat resume token v1\0').update(body).digest('base64url')
    return `${body}.${mac}`
  }
  const { tokens } = setUp()
  t.ok(tokens.read(sign(good)), 'the test signs as the server does')
  for (const claims of [
    null,
    [],
    'x',
    { ...good, sid: 1 },
    { ...good, uid: 'a/b' },
    { ...good, ns: 1 },
    { ...good, iat: '1' },
  ]) {
    t.equal(tokens.read(sign(claims)), undefined, JSON.stringify(claims))
  }
})
