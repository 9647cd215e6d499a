/** Parses a cursor as in `?since=`: `<epoch>:<offset>`. Returns undefined if `text` cannot be one. */
export function parseCursor(text: string): { readonly epoch: string; readonly offset: number } | undefined {
  const match = /^([A-Za-z0-9_-]{1,64}):(\d{1,16})$/.exec(text)
  const offset = Number(match?.[2])
  return match?.[1] !== undefined && Number.isSafeInteger(offset) ? { epoch: match[1], offset } : undefined
}
