/** What takes time beside the players. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import { TestPrimary } from './helpers/primary.ts'

interface Work {
  resolve: (value: string) => void
  reject: (error: Error) => void
  args: unknown
  signal: AbortSignal
}
const work: Work[] = []

const loader = defineGame({
  name: 'loader',
  version: 1,
  hz: 10,
  seats: { max: 4 },
  state: type.object({ got: type.array(type.string(80)) }),
  inputs: { load: { type: type.object({ key: type.string(8) }) } },
  create: () => ({ got: [] }),
  on: { load: (_state, _seat, { key }, room) => room.reply(room.run('load', { key })) },
  tasks: {
    load: (args, { signal }) =>
      new Promise<string>((resolve, reject) => void work.push({ resolve, reject, args, signal })),
  },
  results: {
    load: (state, result) =>
      void state.got.push(`${result.run} ${result.ok ? JSON.stringify(result.value) : result.error}`),
  },
})

t.test('what a task comes to is an entry; it is told when the room is over', async (t) => {
  const primary = await TestPrimary.open(t, [loader])
  await primary.openRoom(1, 'loader')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  for (const key of ['a', 'b', 'c', 'd'])
    await primary.done('input', { handle: 1, viewer: 11, name: 'load', input: { key }, seq: null })
  t.strictSame(
    work.map(({ args }) => args),
    [{ key: 'a' }, { key: 'b' }, { key: 'c' }, { key: 'd' }],
  )
  primary.take()
  work[1]?.resolve('two')
  work[0]?.reject(new Error('no such key'))
  work[2]?.resolve(null as never)
  await primary.time.pass(300)
  t.match(
    primary.of('record').flatMap(({ record }) => record.entries),
    [
      { kind: 'result', run: 2, value: 'two' },
      { kind: 'failedTask', run: 1, error: 'no such key' },
      { kind: 'failedTask', run: 3, error: /null/ },
    ],
  )
  t.match((await primary.done('inspect', { handle: 1 })).state, { got: ['2 "two"', '1 no such key', /^3 /] })
  t.equal(work[3]?.signal.aborted, false)
  await primary.done('end', { handle: 1 })
  t.equal(work[3]?.signal.aborted, true)
  work[3]?.resolve('too late')
  await primary.time.pass(300)
})

t.test('a task that was under way when its host died is started anew', async (t) => {
  work.length = 0
  const primary = await TestPrimary.open(t, [loader])
  await primary.openRoom(1, 'loader')
  const { checkpoint } = primary.of('checkpoint').at(-1) ?? { checkpoint: '' }
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  for (const key of ['a', 'b'])
    await primary.done('input', { handle: 1, viewer: 11, name: 'load', input: { key }, seq: null })
  work[0]?.resolve('one')
  await primary.time.pass(300)
  const records = primary.of('record').map(({ bytes }) => bytes)
  primary.kill()
  const other = await TestPrimary.beside(t, primary, [loader])
  await other.done('restore', { handle: 1, checkpoint, records })
  t.strictSame(
    work.map(({ args }) => args),
    [{ key: 'a' }, { key: 'b' }, { key: 'b' }],
  )
  work[2]?.resolve('two')
  await other.time.pass(300)
  t.strictSame((await other.done('inspect', { handle: 1 })).state, { got: ['1 "one"', '2 "two"'] })
})
