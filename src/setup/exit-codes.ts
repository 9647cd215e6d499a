/** How the process ends when it could not start or go on: sysexits.h numbers, which supervisors know. */
export const EXIT = {
  /** What was to be checked is not as it should be. */
  problems: 1,
  /** The command line was wrong. */
  usage: 64,
  /** Something it depends on cannot be reached. */
  unavailable: 69,
  /** A defect. */
  internal: 70,
  /** What was to be printed could not be written. */
  outputFailed: 74,
  /** Try again later: the data folder is locked by a live instance, or the port is taken. */
  temporary: 75,
  /** The data folder cannot be made or written. */
  permission: 77,
  /** The configuration, or the machine, must be changed first. */
  configuration: 78,
  /** Nobody reads what is printed any more: what shells say of a program that SIGPIPE has ended. */
  outputClosed: 141,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
