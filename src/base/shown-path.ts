import path from 'node:path'

/** A path as it is shown to people: relative to the working directory of the server if it is below that, otherwise as given. */
export function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}
