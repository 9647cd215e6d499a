/** Shorter ones V8 copies anyway. */
const SLICE_LENGTH_MIN = 13

/**
 * The same text in memory of its own. A string that was cut out of a longer one, as all that are decoded from a message are, keeps the whole
 * message alive: for what is held for long. @param text of ASCII only
 */
export function ownCopy<Text extends string>(text: Text): Text {
  return text.length < SLICE_LENGTH_MIN ? text : (Buffer.from(text, 'latin1').toString('latin1') as Text)
}
