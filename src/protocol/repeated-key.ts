interface Level {
  /** The keys of the object that were read so far. Undefined for a list. */
  readonly keys: Set<string> | undefined
  /** Where the reader is: the current key, or the index of the current element. */
  at: string | number
  isAtKey: boolean
}

/**
 * The path of the first key that an object holds twice. Returns undefined if there is none. JSON.parse silently takes the last
 * one, and another reader may take the first. If money is concerned, such a text is ambiguous.
 * @param json valid JSON
 */
export function findRepeatedKey(json: string): string | undefined {
  const levels: Level[] = []
  for (let i = 0; i < json.length; i++) {
    const level = levels.at(-1)
    switch (json.charAt(i)) {
      case '{':
        levels.push({ keys: new Set(), at: '', isAtKey: true })
        break
      case '[':
        levels.push({ keys: undefined, at: 0, isAtKey: false })
        break
      case '}':
      case ']':
        levels.pop()
        break
      case ',':
        if (level) next(level)
        break
      case '"': {
        const end = endOfString(json, i)
        if (level?.isAtKey === true && !takeKey(level, json.slice(i, end))) return toPath(levels)
        i = end - 1
        break
      }
      default:
    }
  }
  return undefined
}

function next(level: Level): void {
  level.isAtKey = level.keys !== undefined
  if (typeof level.at === 'number') level.at += 1
}

/** Returns false if the object has the key already. */
function takeKey(level: Level, quoted: string): boolean {
  const key = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1)
  const isNew = level.keys?.has(key) === false
  level.keys?.add(key)
  level.at = key
  level.isAtKey = false
  return isNew
}

/** Returns the index behind the closing quote. */
function endOfString(json: string, start: number): number {
  let i = start + 1
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1
  return i + 1
}

function toPath(levels: readonly Level[]): string {
  return levels.reduce(
    (path, { at }) => (typeof at === 'number' ? `${path}[${at}]` : path === '' ? at : `${path}.${at}`),
    '',
  )
}
