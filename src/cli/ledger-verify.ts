import { createPublicKey, type KeyObject } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { toError } from '../base/assert.ts'
import { LedgerVerifier, type LedgerFindings } from '../ledger/verify.ts'
import type { LedgerBeginning } from '../protocol/shapes/shop.ts'
import type { ExportEnd, ExportHead } from './ledger-file.ts'

/**
 * Checks an export, without a server. Throws if the file is not an export.
 * @param keyFiles files with trusted public keys in PEM; if there are none, the keys that the export itself names are trusted
 */
export async function verifyExport(
  file: string,
  keyFiles: readonly string[],
): Promise<LedgerFindings & { readonly beginning: LedgerBeginning | null }> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  let verifier: LedgerVerifier | undefined
  let end: ExportEnd | undefined
  for await (const line of lines) {
    if (!verifier) verifier = new LedgerVerifier(keyFiles.length > 0 ? keyFiles.map(readKey) : keysOf(line, file))
    else if (line.startsWith(END)) end = JSON.parse(line) as ExportEnd
    else verifier.add(line)
  }
  if (!verifier) throw new Error(`${file} is empty`)
  const findings = { ...verifier.finish(end?.beginning), beginning: end?.beginning ?? null }
  if (end?.entries === findings.entries) return findings
  const said = end ? `its end counts ${end.entries} entries, but there are ${findings.entries}` : 'its end is missing'
  return { ...findings, problems: [...findings.problems, `the export is not complete: ${said}`] }
}

const END = '{"drumbeat":"end"'

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
    // reported below
  }
  throw new Error(`${file} is not an export of a ledger, or is from a newer version`)
}
