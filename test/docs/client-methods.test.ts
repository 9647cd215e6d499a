/** The table of docs/reference/client.md is what the client has. */
import t from 'tap'
import { GameClient, PlayClient } from '../../src/client/index.ts'
import { readPage } from './markdown.ts'

const rows = readPage('docs/reference/client.md')
  .split('\n')
  .filter((line) => /^\| `(client\.|connect)/.test(line))

/** The names of clients in the table. @param inPlay only those that it says `drumbeat/play` has */
function named(inPlay: boolean): ReadonlySet<string> {
  const chosen = inPlay ? rows.filter((row) => row.endsWith('| yes |')) : rows
  return new Set(
    chosen.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/client\.(\w+)/g)].map(([, name = '']) => name)),
  )
}

const publicOf = (prototype: object) => Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')

t.test('each public method and property of the client has its row, and there is no other', (t) => {
  const ofPlay = publicOf(PlayClient.prototype)
  t.strictSame(named(true), new Set(ofPlay), 'those of drumbeat/play')
  t.strictSame(named(false), new Set([...ofPlay, ...publicOf(GameClient.prototype)]))
  t.end()
})
