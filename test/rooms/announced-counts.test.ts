/** Two nodes that share a log, in every order of what they do. */
import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { PresenceNode, type SharedLog } from '../helpers/presence-node.ts'

const ROOM = 'r' as RoomId
/** More than a count may be wrong for, and more than it is looked at. */
const TICKS = 30

type Step = (node: PresenceNode) => unknown
const TICK: readonly Step[] = [(node) => node.publish(), (node) => node.announce(), (node) => node.commit()]

function setUp() {
  const log: SharedLog = []
  const one = new PresenceNode('n1', log, { isCaretaker: true })
  const two = new PresenceNode('n2', log, { isCaretaker: false })
  return { log, one, two }
}

/** All ways to put `ones` steps of the first node and `twos` of the second into one order. */
function orders(ones: number, twos: number): readonly string[] {
  if (ones === 0 || twos === 0) return ['1'.repeat(ones) + '2'.repeat(twos)]
  return [...orders(ones - 1, twos).map((rest) => `1${rest}`), ...orders(ones, twos - 1).map((rest) => `2${rest}`)]
}

/** Each node's steps in this order, then ticks until nothing changes any more. @param eager nodes that apply the log at once */
async function play(
  nodes: readonly PresenceNode[],
  order: string,
  eager: string,
  first: readonly Step[],
): Promise<void> {
  const left = first.map((step) => [step, ...TICK])
  for (const at of order) {
    const place = Number(at) - 1
    const [node, step] = [nodes[place], left[place]?.shift()]
    if (node) await step?.(node)
    nodes.forEach((one, i) => eager.includes(String(i + 1)) && one.apply())
  }
  await quiet(nodes)
}

async function quiet(nodes: readonly PresenceNode[]): Promise<void> {
  for (let tick = 0; tick < TICKS; tick++) {
    for (const node of nodes) {
      node.apply()
      for (const step of TICK) await step(node)
    }
  }
}

function announcedIn(log: SharedLog) {
  return log.flatMap((entry) => {
    if (!('record' in entry)) return []
    const { eventType, payload } = JSON.parse(Buffer.from(entry.record.body).toString()) as {
      readonly eventType: string
      readonly payload: { readonly users: readonly string[]; readonly members: number }
    }
    return [{ kind: eventType.split('.').at(-1), users: payload.users, members: payload.members }]
  })
}

const CASES = orders(4, 4).flatMap((order) => ['', '1', '2', '12'].map((eager) => ({ order, eager })))

t.test('of two who join on two nodes the last announcement counts both, in every order', async (t) => {
  for (const { order, eager } of CASES) {
    const { log, one, two } = setUp()
    await play([one, two], order, eager, [(node) => node.join('alice', ROOM), (node) => node.join('bob', ROOM)])
    const announced = announcedIn(log)
    const said = `${order}, at once: ${eager}: ${JSON.stringify(announced)}`
    t.match(announced.at(-1), { kind: 'joined', members: 2 }, said)
    t.ok(announced.length <= 3, `one correction at most: ${said}`)
    t.strictSame(new Set(announced.flatMap(({ users }) => users)), new Set(['alice', 'bob']))
  }
})

t.test('of two who leave on two nodes the last announcement counts who is left, in every order', async (t) => {
  for (const { order, eager } of CASES) {
    const { log, one, two } = setUp()
    for (const user of ['alice', 'carol']) one.join(user, ROOM)
    two.join('bob', ROOM)
    await quiet([one, two])
    await play([one, two], order, eager, [(node) => node.leave('alice', ROOM), (node) => node.leave('bob', ROOM)])
    t.match(announcedIn(log).at(-1), { kind: 'left', members: 1 }, `${order}, at once: ${eager}`)
  }
})

t.test('of one who joins and one who leaves the last announcement counts right, in every order', async (t) => {
  for (const { order, eager } of CASES) {
    const { log, one, two } = setUp()
    for (const user of ['bob', 'carol']) two.join(user, ROOM)
    await quiet([one, two])
    await play([one, two], order, eager, [(node) => node.join('alice', ROOM), (node) => node.leave('bob', ROOM)])
    t.equal(announcedIn(log).at(-1)?.members, 2, `${order}, at once: ${eager}`)
  }
})

t.test('a user who leaves on two nodes at once is announced, in every order', async (t) => {
  for (const { order, eager } of CASES) {
    const { log, one, two } = setUp()
    for (const [node, user] of [
      [one, 'bob'],
      [two, 'bob'],
      [two, 'carol'],
    ] as const)
      node.join(user, ROOM)
    await quiet([one, two])
    await play([one, two], order, eager, [(node) => node.leave('bob', ROOM), (node) => node.leave('bob', ROOM)])
    const said = `${order}, at once: ${eager}: ${JSON.stringify(announcedIn(log))}`
    t.match(announcedIn(log).at(-1), { kind: 'left', users: ['bob'], members: 1 }, said)
  }
})

t.test('who comes and goes on another node before anybody was told is not announced', async (t) => {
  const { log, one, two } = setUp()
  one.join('alice', ROOM)
  await quiet([one, two])
  two.join('bob', ROOM)
  two.publish()
  one.apply()
  two.leave('bob', ROOM)
  await quiet([one, two])
  t.equal(announcedIn(log).length, 1, 'alice, at first')
})

t.test('a join counts whoever was announced in the log before, and nodes are told before the log', async (t) => {
  const { log, one, two } = setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  one.told = promise
  one.join('alice', ROOM)
  const announcing = one.announce()
  one.commit()
  t.strictSame(announcedIn(log), [], 'it waits until the other nodes are told')
  one.publish()
  resolve()
  await announcing
  one.commit()
  t.equal(announcedIn(log).length, 1)
  two.apply()
  t.equal(two.join('bob', ROOM), 2)
})

t.test('a room that does not change is announced once', async (t) => {
  const { log, one, two } = setUp()
  one.join('alice', ROOM)
  await quiet([one, two])
  t.strictSame(announcedIn(log), [{ kind: 'joined', users: ['alice'], members: 1 }])
})
