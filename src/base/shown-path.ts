import path from 'node:path'

/** A file as people are told of it: from the folder that the server was started in, if it is below that. */
export function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative
}
