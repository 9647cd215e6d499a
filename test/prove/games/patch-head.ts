import { SERVER_EVENT } from '../../../src/protocol/events.ts'
import { GAME_FRAME } from '../../../src/protocol/game-bytes.ts'

/** What a patch starts with, and the hash that may stand at its end. */
export interface PatchHead {
  readonly tick: number
  readonly base: number
}

const DIGIT_0 = 0x30
const BASE = ',"base":'.length
const HASH = Buffer.from(',"hash":')
const TEN_DIGITS = 10

/** Reads the head of the JSON patches of one room without decoding them; undefined: another frame. */
export function jsonHeadReader(room: string): (payload: Buffer) => PatchHead | undefined {
  const prefix = Buffer.from(`{"eventType":"${SERVER_EVENT.patch}","room":${JSON.stringify(room)},"tick":`)
  return (payload) => {
    if (payload.length < prefix.length || payload.compare(prefix, 0, prefix.length, 0, prefix.length) !== 0)
      return undefined
    const [tick, end] = digits(payload, prefix.length)
    const [base] = digits(payload, end + BASE)
    return { tick, base }
  }
}

function digits(bytes: Buffer, from: number): readonly [value: number, end: number] {
  let [value, at] = [0, from]
  for (let digit = digitAt(bytes, at); digit >= 0 && digit <= 9; digit = digitAt(bytes, ++at))
    value = value * 10 + digit
  return [value, at]
}

function digitAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) - DIGIT_0
}

/** Whether a JSON patch has a hash: it stands at the end. */
export function hasJsonHash(payload: Buffer): boolean {
  return payload.lastIndexOf(HASH) >= payload.length - HASH.length - TEN_DIGITS - 1
}

const PATCH = 1
const HAS_HASH = 4
const FLAGS_AT = 2
const HANDLE_AT = 3

/** Reads the head of a binary patch; undefined: another frame. */
export function binaryHead(payload: Buffer): PatchHead | undefined {
  if (payload[0] !== GAME_FRAME || payload[1] !== PATCH) return undefined
  const [, afterHandle] = varint(payload, HANDLE_AT)
  const [tick, afterTick] = varint(payload, afterHandle)
  const [distance] = varint(payload, afterTick)
  return { tick, base: tick - distance }
}

export function hasBinaryHash(payload: Buffer): boolean {
  return ((payload[FLAGS_AT] ?? 0) & HAS_HASH) !== 0
}

function varint(bytes: Buffer, from: number): readonly [value: number, end: number] {
  let [value, at] = [0, from]
  for (let unit = 1; ; unit *= 128) {
    const byte = bytes[at++] ?? 0
    value += (byte & 127) * unit
    if (byte < 128) return [value, at]
  }
}
