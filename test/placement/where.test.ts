import t from 'tap'
import { fitsWhere, requireListed } from '../../src/placement/where.ts'
import { Refusal } from '../../src/protocol/errors.ts'

const LISTING = { phase: 'lobby', size: 3, ranked: true, map: null }

t.test('every term has to hold', async (t) => {
  for (const where of [
    {},
    { phase: 'lobby' },
    { phase: { in: ['x', 'lobby'] }, size: { gte: 3 } },
    { size: { gte: 1, lte: 3 } },
    { ranked: true },
  ])
    t.ok(fitsWhere(where, LISTING), JSON.stringify(where))
  for (const where of [
    { phase: 'play' },
    { phase: 'lobby', size: 4 },
    { size: { gte: 4 } },
    { size: { lte: 2 } },
    { ranked: false },
    { size: '3' },
    { none: 1 },
    { toString: 'x' },
  ])
    t.notOk(fitsWhere(where, LISTING), JSON.stringify(where))
  t.notOk(fitsWhere({ phase: 'lobby' }, null), 'a room that lists nothing')
})

t.test('what no room lists is refused at its place', async (t) => {
  const pathOf = (where: Parameters<typeof requireListed>[0]) => {
    try {
      requireListed(where, LISTING, 'where')
      return 'ok'
    } catch (thrown) {
      return thrown instanceof Refusal ? String(thrown.details?.['path']) : String(thrown)
    }
  }
  for (const where of [{ phase: 'x' }, { size: { gte: 1 } }, { map: 'x' }, { ranked: { in: [true, false] } }])
    t.equal(pathOf(where), 'ok')
  for (const [field, term] of [
    ['none', 1],
    ['phase', 1],
    ['size', 'x'],
    ['phase', { gte: 1 }],
    ['size', { in: [1, 'x'] }],
    ['constructor', 'x'],
  ] as const)
    t.equal(pathOf({ [field]: term }), `where.${field}`)
})
