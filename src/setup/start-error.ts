import type { ExitCode } from './exit-codes.ts'

/** Says in a line for people why the server does not start, or why a command fails. The process exits with the code. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.exitCode = exitCode
  }
}
