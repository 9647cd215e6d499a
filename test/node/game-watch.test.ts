import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { fileStamp } from '../../src/base/file-stamp.ts'
import { GameWatch } from '../../src/node/game-watch.ts'
import { createManualClock } from '../helpers/manual-clock.ts'
import { logInto, type LogLine } from '../helpers/log-lines.ts'

/** A watch of some files in a folder, and what it did. */
function watch(t: Test, files: Readonly<Record<string, string>>) {
  const folder = t.testdir(files)
  const lines: LogLine[] = []
  const done = { swaps: 0, why: undefined as Error | undefined, meanwhile: () => {} }
  const place = (name: string) => path.join(folder, name)
  const loaded = (...names: readonly string[]) =>
    watching.loaded(names.map((name) => ({ file: place(name), stamp: fileStamp(place(name)) })))
  const watching = new GameWatch({
    swap: async () => {
      done.swaps++
      done.meanwhile()
      return done.why
    },
    games: () => [],
    clock: createManualClock(),
    log: logInto(lines),
  })
  let saves = 0
  const save = (name: string, text: string) => {
    writeFileSync(place(name), text)
    // As if time had passed: two saves of one length within a tick of the file system's clock are one to any stamp.
    utimesSync(place(name), 1_700_000_000, 1_700_000_000 + ++saves)
  }
  return { folder, place, save, loaded, lines, done, look: () => watching.look() }
}

t.test('a file that is saved is loaded anew once, when it is not being written any more', async (t) => {
  const { save, loaded, look, done, lines } = watch(t, { 'a.ts': '1', 'b.ts': '1' })
  loaded('a.ts', 'b.ts')
  await look()
  save('a.ts', '')
  await look()
  save('a.ts', '2')
  await look()
  t.equal(done.swaps, 0)
  await look()
  await look()
  t.equal(done.swaps, 1)
  t.match(lines, [{ level: 'info', message: 'the games were loaded again', fields: { changed: [/a\.ts$/] } }])
})

t.test(
  'whatever a save is: another file in its place, a folder with another game, a file that was missing',
  async (t) => {
    const { place, save, loaded, look, done } = watch(t, { 'a.ts': '1' })
    mkdirSync(place('games'))
    loaded('a.ts', 'games', 'missing.ts')
    const changes = [
      () => {
        save('a.tmp', '1')
        renameSync(place('a.tmp'), place('a.ts'))
      },
      () => save('games/new.ts', ''),
      () => save('missing.ts', ''),
      () => rmSync(place('a.ts')),
    ]
    for (const [i, change] of changes.entries()) {
      change()
      await look()
      await look()
      t.equal(done.swaps, i + 1)
    }
    save('games/notes.txt', '')
    save('games/new.test.ts', '')
    await look()
    await look()
    t.equal(done.swaps, changes.length, 'what is no game is none')
  },
)

t.test('what cannot be loaded is said once, and tried again when it is saved again', async (t) => {
  const { save, loaded, look, done, lines } = watch(t, { 'a.ts': '1' })
  loaded('a.ts')
  done.why = new Error('a.ts:1: SyntaxError\nb.ts:2: SyntaxError')
  for (const text of ['2', '3']) {
    save('a.ts', text)
    for (let i = 0; i < 4; i++) await look()
  }
  t.equal(done.swaps, 2)
  t.match(lines, [
    { level: 'error', message: /so the old ones continue:\na\.ts:1: SyntaxError\nb\.ts:2/ },
    { level: 'error' },
  ])
})

t.test('a save while the games are being loaded is not missed', async (t) => {
  const { save, loaded, look, done } = watch(t, { 'a.ts': '1' })
  loaded('a.ts')
  save('a.ts', '2')
  await look()
  done.meanwhile = () => {
    // A host has read it, and then it was saved again.
    loaded('a.ts')
    save('a.ts', '3')
    done.meanwhile = () => {}
  }
  await look()
  await look()
  await look()
  t.equal(done.swaps, 2)
})
