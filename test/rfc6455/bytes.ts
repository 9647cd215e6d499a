/** From a case's steps to bytes. */
import { Packr } from 'msgpackr'
import { EVENT, type Encoding } from '../../src/protocol/events.ts'
import type { Ask, Body, CloseBody, Frame, Hex } from './case.ts'

const OPCODES = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
/** Any but zeros, which would hide a server that does not unmask. */
const MASK = '37fa213d'
const packr = new Packr({ useRecords: false })

export function frameBytes(frame: Frame, encoding: Encoding): Buffer {
  const body = bodyBytes(frame.body ?? '', encoding)
  const length = frame.length ?? BigInt(body.length)
  const key = frame.mask === 'none' ? undefined : Buffer.from(frame.mask ?? MASK, 'hex')
  const first = (frame.fin === false ? 0 : 0x80) | ((frame.rsv ?? 0) << 4) | opcodeOf(frame.op, encoding)
  const size = lengthBytes(length, frame.lengthBits)
  size[0] = (size[0] ?? 0) | (key ? 0x80 : 0)
  const sent = key ? body.map((byte, i) => byte ^ (key[i % 4] ?? 0)) : body
  return Buffer.concat([Buffer.of(first), size, key ?? Buffer.alloc(0), sent])
}

function opcodeOf(op: Frame['op'], encoding: Encoding): number {
  if (typeof op === 'number') return op
  if (op === 'data') return encoding === 'json' ? OPCODES.text : OPCODES.binary
  return OPCODES[op]
}

function lengthBytes(length: bigint, bits = length < 126n ? 7 : length < 65_536n ? 16 : 64): Buffer {
  if (bits === 7) return Buffer.of(Number(length))
  const bytes = Buffer.alloc(bits === 16 ? 3 : 9)
  bytes[0] = bits === 16 ? 126 : 127
  if (bits === 16) bytes.writeUInt16BE(Number(length), 1)
  else bytes.writeBigUInt64BE(length, 1)
  return bytes
}

function bodyBytes(body: Body, encoding: Encoding): Buffer {
  if (typeof body === 'string') return Buffer.from(body)
  if ('hex' in body) return Buffer.from(body.hex, 'hex')
  if ('x' in body) return Buffer.alloc(body.x, 'x')
  if ('code' in body) return closeBytes(body)
  return askBytes(body, encoding).subarray(...(body.part ?? [0]))
}

function closeBytes({ code, reason = '' }: CloseBody): Buffer {
  return Buffer.concat([Buffer.of(code >> 8, code & 0xff), textBytes(reason)])
}

function textBytes(text: string | Hex): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.hex, 'hex')
}

/** Padded by a field that the protocol ignores. */
function askBytes({ ask, bytes }: Ask, encoding: Encoding): Buffer {
  const whole = (pad: number | undefined) => request(ask, pad, encoding)
  if (bytes === undefined) return whole(undefined)
  // The length of msgpack's own lengths depends on the padding.
  for (let pad = bytes - whole(0).length; pad >= 0; pad--) {
    const found = whole(pad)
    if (found.length === bytes) return found
    if (found.length < bytes) break
  }
  throw new RangeError(`no request has ${bytes} bytes in ${encoding}`)
}

function request(id: string | Hex, pad: number | undefined, encoding: Encoding): Buffer {
  const envelope = {
    eventType: EVENT.sessionPing,
    payload: {},
    ...(pad === undefined ? {} : { pad: 'x'.repeat(pad) }),
  }
  if (encoding === 'json') {
    return Buffer.concat([
      Buffer.from(`${JSON.stringify(envelope).slice(0, -1)},"id":"`),
      textBytes(id),
      Buffer.from('"}'),
    ])
  }
  if (typeof id !== 'string') throw new TypeError('bytes are for text only')
  return packr.pack({ ...envelope, id })
}
