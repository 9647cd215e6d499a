import { EXIT } from '../setup/exit-codes.ts'

/** Ends this command when nobody reads its output any more, as in `drumbeat tail | head`, or when it cannot be written. */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`drumbeat: standard output: ${error.message}\n`)
    process.exit(error.code === 'EPIPE' ? EXIT.outputClosed : EXIT.outputFailed)
  })
  // If standard error fails, there is nowhere to report it.
  process.stderr.on('error', () => {})
}
