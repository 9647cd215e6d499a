/** Exit codes of a process that could not start or continue. They are those of sysexits.h, which supervisors know. */
export const EXIT = {
  /** A check found a problem. */
  problems: 1,
  /** The command line was wrong. */
  usage: 64,
  /** Something that the process needs cannot be reached. */
  unavailable: 69,
  /** A defect of Drumbeat. */
  internal: 70,
  /** The output could not be written. */
  outputFailed: 74,
  /** Try again later: the data folder is locked by a live instance, the port is in use, or the disk is full. */
  temporary: 75,
  /** The data folder cannot be created or written. */
  permission: 77,
  /** The configuration, or the machine, must be changed first. */
  configuration: 78,
  /** Nobody reads the output any more. Shells report this code for a program that SIGPIPE has ended. */
  outputClosed: 141,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
