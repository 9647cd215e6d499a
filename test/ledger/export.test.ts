import { createServer } from 'node:http'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import t from 'tap'
import { exportLedger } from '../../src/cli/ledger-export.ts'
import { verifyExport } from '../../src/cli/ledger-verify.ts'
import { encodeEntry, hashOf, type LedgerEntry } from '../../src/ledger/entries.ts'
import type { UserId } from '../../src/protocol/ids.ts'

const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
const NOW = new Date('2026-11-21T10:00:00Z')

/** Credits of one gold each. */
function creditsOf(user: string, count: number): readonly string[] {
  const lines: string[] = []
  for (let n = 1; n <= count; n++) {
    const entry: LedgerEntry = {
      user_id: user as UserId,
      entry: n,
      previous: n === 1 ? '' : hashOf(lines[n - 2] ?? ''),
      previous_batch: n === 1 ? null : `batch-${n - 1}`,
      kind: 'credit',
      at: NOW.getTime(),
      idempotency_key: `credit-number-${n}-000`,
      currency: 'gold',
      amount: 1,
      balance: n,
      goods: null,
      receipt: null,
    }
    lines.push(encodeEntry(entry))
  }
  return lines
}

t.test('what is committed behind the place where an export reads is found at its end', async (t) => {
  const [a1 = '', a2 = '', a3 = '', a4 = ''] = creditsOf('alice', 4)
  const [b1 = '', b2 = ''] = creditsOf('bob', 2)
  const asked: (string | null)[] = []
  const pages = [
    { items: [a1, b1], next_cursor: 'x' },
    { items: [a3], next_cursor: null },
    // A slow node's batch has come in between; and so have others, which are not waited for.
    { items: [a1, b1, a2], next_cursor: 'y' },
    { items: [a3, a4, b2], next_cursor: null },
  ]
  const server = createServer(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://x')
    if (pathname === '/api/v1/receipt-key') return response.end(JSON.stringify({ public_key: publicKey, previous: [] }))
    asked.push(searchParams.get('cursor'))
    return response.end(JSON.stringify(pages.shift()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const entries = await exportLedger({
    url: `http://127.0.0.1:${port}`,
    adminToken: 'x',
    now: NOW,
    write,
    progress: () => {},
  })
  t.equal(entries, 4)
  t.strictSame(lines.slice(1, -1), [a1, b1, a3, a2])
  t.match(asked, [null, 'x', '01a1fd83-4140-7000-8000-000000000000', 'y'])
  const file = join(t.testdir(), 'ledger.jsonl')
  const check = async (some: readonly string[]) => {
    await writeFile(file, `${some.join('\n')}\n`)
    return (await verifyExport(file, [])).problems
  }
  t.strictSame(await check(lines), [])
  t.match(await check(lines.slice(0, -1)), [/its end is missing/])
  t.match(await check(lines.toSpliced(-2, 1)), [/alice: entry 2 is missing/, /counts 4 entries, but there are 3/])
})
