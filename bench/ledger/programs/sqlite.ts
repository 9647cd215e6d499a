import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { runLoad } from '../run-load.ts'
import { createOrders, FUNDS, goodId, playerId, PRICE, STOCK, type LedgerLoad } from '../workload.ts'

/** Node with SQLite: WAL, synchronous FULL, one transaction for each purchase. */
const load = JSON.parse(process.argv[2] ?? '') as LedgerLoad
const dataDir = process.env['DATA_DIR'] ?? mkdtempSync(join(tmpdir(), 'drumbeat-sqlite-'))
const db = new DatabaseSync(join(dataDir, 'shop.db'))
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
db.exec(`CREATE TABLE goods (id TEXT PRIMARY KEY, price INTEGER NOT NULL, stock INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE players (id TEXT PRIMARY KEY, balance INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE receipts (id INTEGER PRIMARY KEY, player TEXT NOT NULL, good TEXT NOT NULL, total INTEGER NOT NULL)`)
db.exec('BEGIN')
const addGood = db.prepare('INSERT INTO goods VALUES (?, ?, ?)')
for (let i = 0; i < load.goods; i++) addGood.run(goodId(i), PRICE, STOCK)
const addPlayer = db.prepare('INSERT INTO players VALUES (?, ?)')
for (let i = 0; i < load.players; i++) addPlayer.run(playerId(i), FUNDS)
db.exec('COMMIT')

const begin = db.prepare('BEGIN IMMEDIATE')
const readGood = db.prepare('SELECT price, stock FROM goods WHERE id = ?')
const readPlayer = db.prepare('SELECT balance FROM players WHERE id = ?')
const takeStock = db.prepare('UPDATE goods SET stock = stock - 1 WHERE id = ?')
const takeFunds = db.prepare('UPDATE players SET balance = balance - ? WHERE id = ?')
const addReceipt = db.prepare('INSERT INTO receipts (player, good, total) VALUES (?, ?, ?)')
const commit = db.prepare('COMMIT')

const order = createOrders(load)
const result = await runLoad(load, async () => {
  // Each purchase takes a turn of the event loop, as if its request came from a socket.
  await new Promise(setImmediate)
  const { user, good } = order()
  begin.run()
  const { price, stock } = readGood.get(good) as { price: number; stock: number }
  const { balance } = readPlayer.get(user) as { balance: number }
  if (balance < price || stock < 1) throw new Error('sold out')
  takeStock.run(good)
  takeFunds.run(price, user)
  addReceipt.run(user, good, price)
  commit.run()
})
console.log(JSON.stringify({ ...result, notes: {} }))
process.exit(0)
