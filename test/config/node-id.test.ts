import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { defaultNodeId, keepNodeId } from '../../src/config/node-id.ts'
import { startServer } from '../helpers/server.ts'

t.test('a new node is called as its host, made to fit', async (t) => {
  const folder = t.testdir()
  const names: Readonly<Record<string, string>> = {
    'game-7': 'game-7',
    'eu1.game.example.com': 'eu1-game-example-com',
    spiel_küche: 'spiel_k-che',
    '.local.': 'local',
    ['x'.repeat(70)]: 'x'.repeat(64),
    '': 'n1',
    ' ': 'n1',
  }
  for (const [host, id] of Object.entries(names)) t.equal(defaultNodeId(folder, host), id, host)
})

t.test('a folder keeps the name of its node, whatever the host is called later', async (t) => {
  const folder = t.testdir()
  keepNodeId(folder, 'first')
  keepNodeId(folder, 'second')
  t.equal(defaultNodeId(folder, 'second'), 'first')
  writeFileSync(path.join(folder, 'node-id'), 'no id at all\n')
  t.equal(defaultNodeId(folder, 'second'), 'second', 'what is no name is passed over')
})

t.test('the name that is kept is no secret: whoever runs a command in the folder may read it', async (t) => {
  const folder = t.testdir()
  keepNodeId(folder, 'first')
  t.equal(statSync(path.join(folder, 'node-id')).mode & 0o777, 0o644 & ~process.umask())
})

t.test('a folder of an earlier version goes on as n1, with a store of its own and in a cluster', async (t) => {
  for (const left of ['records', 'node-token']) {
    const folder = path.join(t.testdir(), left)
    mkdirSync(path.join(folder, left), { recursive: true })
    t.equal(defaultNodeId(folder, 'game-7'), 'n1', left)
  }
})

t.test('a server keeps the name that it was not given, and only that', async (t) => {
  const server = await startServer(t, { NODE_ID: '' })
  const kept = readFileSync(path.join(server.dataDir, 'node-id'), 'utf8').trim()
  t.equal(server.logs()[0]?.['node'], kept)
  await server.restart({ NODE_ID: 'another' })
  t.equal(server.logs().at(-1)?.['node'], 'another')
  await server.restart({ NODE_ID: '' })
  t.equal(server.logs().at(-1)?.['node'], kept)
})
