/**
 * The form of all that travels on the link: raise it with each change of what is asked, told or answered there, and of how events are
 * packed. A worker is started from the files on the disk, and these may be newer than the primary: it would read garbage.
 */
export const LINK_VERSION = 2

/** Throws if the primary, which says `version` in its welcome, is not of the version of this worker. */
export function requireSameLink(version: unknown): void {
  if (version === LINK_VERSION) return
  throw new Error(
    'the files of Drumbeat were changed since this node started, so no worker can join it: start the node anew',
  )
}
