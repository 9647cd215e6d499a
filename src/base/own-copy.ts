/** V8 copies shorter strings anyway. */
const SLICE_LENGTH_MIN = 13

/**
 * Returns the same text in memory of its own. Use it for strings that are kept for long: one that was cut from a longer string,
 * like every string decoded from a message, keeps the whole message in memory.
 * @param text ASCII only
 */
export function ownCopy<Text extends string>(text: Text): Text {
  return text.length < SLICE_LENGTH_MIN ? text : (Buffer.from(text, 'latin1').toString('latin1') as Text)
}
