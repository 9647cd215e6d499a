import { EXIT } from '../setup/exit-codes.ts'

/** Ends this command when nobody reads what it prints any more, as in `drumbeat tail | head`, or when that cannot be written. */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`drumbeat: standard output: ${error.message}\n`)
    process.exit(error.code === 'EPIPE' ? EXIT.outputClosed : EXIT.outputFailed)
  })
  // Nobody is left to be told.
  process.stderr.on('error', () => {})
}
