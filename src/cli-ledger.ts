import { createPublicKey, type KeyObject } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { toError } from './base/assert.ts'
import { LedgerVerifier, type LedgerFindings } from './ledger/verify.ts'
import type { ReceiptKeys } from './link/methods.ts'

export interface ExportOptions {
  readonly url: string
  readonly adminToken: string
  readonly now: Date
  /** One line, without its end. */
  readonly write: (line: string) => void
  readonly progress: (entries: number) => void
}

/** The first line of an export. */
interface ExportHead {
  readonly drumbeat: 'ledger'
  readonly format: 1
  readonly exported_at: string
  readonly from: string
  /** PEM: those that receipts were ever signed with. */
  readonly keys: readonly string[]
}

const PAGE = 100

/** Writes the whole ledger of a running server as it is stored, behind a line with the public keys. Gives the entries. */
export async function exportLedger({ url, adminToken, now, write, progress }: ExportOptions): Promise<number> {
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${adminToken}` } })
    const text = await response.text()
    if (!response.ok) throw new Error(`${url}${path}: ${response.status} ${text}`)
    return JSON.parse(text)
  }
  const { public_key, previous } = (await ask('/api/v1/receipt-key')) as ReceiptKeys
  const keys = [public_key, ...previous.map((key) => key.public_key)]
  const head = { drumbeat: 'ledger', format: 1, exported_at: now.toISOString(), from: url, keys } as const
  write(JSON.stringify(head satisfies ExportHead))
  let entries = 0
  for (let cursor = ''; ;) {
    const page = (await ask(`/api/v1/ledger?limit=${PAGE}${cursor}`)) as { items: string[]; next_cursor: string | null }
    for (const line of page.items) write(line)
    entries += page.items.length
    progress(entries)
    if (page.next_cursor === null) return entries
    cursor = `&cursor=${page.next_cursor}`
  }
}

/**
 * Checks an export without a server. Throws where it is none.
 * @param keyFiles public keys in PEM that are trusted; none: those that the export itself names
 */
export async function verifyExport(file: string, keyFiles: readonly string[]): Promise<LedgerFindings> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  let verifier: LedgerVerifier | undefined
  for await (const line of lines) {
    if (verifier) verifier.add(line)
    else verifier = new LedgerVerifier(keyFiles.length > 0 ? keyFiles.map(readKey) : keysOf(line, file))
  }
  if (!verifier) throw new Error(`${file} is empty`)
  return verifier.finish()
}

function readKey(file: string): KeyObject {
  try {
    return createPublicKey(readFileSync(file))
  } catch (cause) {
    throw new Error(`--key ${file}: ${toError(cause).message}`, { cause })
  }
}

function keysOf(line: string, file: string): readonly KeyObject[] {
  try {
    const head = JSON.parse(line) as ExportHead
    if (head.drumbeat === 'ledger' && head.format === 1) return head.keys.map((pem) => createPublicKey(pem))
  } catch {
    // told below
  }
  throw new Error(`${file} is no export of a ledger, or of a newer version`)
}
