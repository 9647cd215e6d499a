/** msgpack with map keys and strings of our making: a Buffer becomes a string of these bytes, whatever they are. */
export function encode(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.of(0xd9, value.length), value])
  if (typeof value === 'string') return encode(Buffer.from(value))
  if (typeof value !== 'object' || value === null) throw new TypeError('only objects, strings and bytes')
  const entries = Object.entries(value).flatMap((entry) => entry.map(encode))
  return Buffer.concat([Buffer.of(0x80 | (entries.length / 2)), ...entries])
}
