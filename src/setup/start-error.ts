import type { ExitCode } from './exit-codes.ts'

/** Why the server does not start, in a line for people; the process ends with the code. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.exitCode = exitCode
  }
}
