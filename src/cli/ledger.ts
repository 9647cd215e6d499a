import { systemClock } from '../base/clock.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { adminTokenOf, adminUrlOf, loadSettings, print, UsageError } from './args.ts'
import { defineCommand } from './command.ts'
import { exportLedger } from './ledger-export.ts'
import { verifyExport } from './ledger-verify.ts'

export const command = defineCommand({
  usage: ['ledger export [--url URL] [--token ADMIN_TOKEN]', 'ledger verify FILE [--key PEM_FILE]...'],
  about: [
    'export prints the ledger of a running server, one line per entry. verify checks the chain, the signatures and the sums',
    'of an export; exit code 1: something is wrong',
  ],
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    key: { type: 'string', multiple: true },
  },
  takesNames: true,
  run: async ({ values, positionals }) => {
    const [action, file, ...more] = positionals
    if (action === 'export' && file === undefined) await printExport(values)
    else if (action === 'verify' && file !== undefined && more.length === 0) await printFindings(file, values.key)
    else throw new UsageError('usage: drumbeat ledger export, or drumbeat ledger verify FILE')
  },
})

async function printExport(values: { readonly url?: string; readonly token?: string }): Promise<void> {
  const { settings } = loadSettings()
  await exportLedger({
    url: values.url ?? adminUrlOf(settings),
    adminToken: values.token ?? adminTokenOf(settings),
    now: new Date(systemClock.wallMs()),
    write: (line) => print(`${line}\n`),
    progress: (entries) => process.stderr.isTTY && process.stderr.write(`\r${entries} entries`),
  })
}

async function printFindings(file: string, keyFiles: readonly string[] | undefined): Promise<void> {
  const { problems, entries, players, receipts, cutOff, beginning } = await verifyExport(file, keyFiles ?? [])
  for (const problem of problems) print(`${problem}\n`)
  print(`${entries} entries of ${players} players, ${receipts} receipts: ${problems.length || 'no'} problems\n`)
  if (beginning) {
    const { batches, entries: gone, batch, let_go_at } = beginning
    const when = new Date(let_go_at).toISOString()
    print(
      `The export begins after batch ${batch}: ${gone} entries in ${batches} batches were deleted before, the last on ${when}\n`,
    )
  }
  if (cutOff > 0) print(`${cutOff} players have earlier entries that are not in the export\n`)
  if (keyFiles === undefined)
    print('The keys are those that the export itself names. Use --key to name the keys that you trust\n')
  if (problems.length > 0) process.exitCode = EXIT.problems
}
