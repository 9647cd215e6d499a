import { encodeFrame, encodeJsonReply, parseJson } from '../protocol/codec.ts'
import { SERVER_EVENT, type Encoding } from '../protocol/events.ts'

/**
 * The data of a reply whose `state` is stored as JSON. The bytes of the state become a part of the reply without being parsed.
 */
export class WithState<Data extends { readonly state: unknown } = { readonly state: unknown }> {
  readonly data: Omit<Data, 'state'>
  readonly state: Uint8Array

  constructor(data: Omit<Data, 'state'>, state: Uint8Array) {
    this.data = data
    this.state = state
  }
}

/** @param state null if nothing is retained */
export function withState<Rest extends object>(
  rest: Rest,
  state: Uint8Array | null,
): (Rest & { readonly state: null }) | WithState<Rest & { readonly state: unknown }> {
  return state === null ? { ...rest, state } : new WithState(rest as never, state)
}

const utf8 = new TextDecoder()
/** The length of the packed null that the state replaces, at the end of the frame. */
const NIL_BYTES = 1

/**
 * The states of the latest replies, decoded or packed. Many clients often ask for the same state, so it is converted once for all
 * of them.
 */
let lastText: { readonly json: Uint8Array; readonly text: string } | undefined
let lastPacked: { readonly json: Uint8Array; readonly packed: Uint8Array } | undefined

/** Does what `encodeReply` does, for data whose last field is the state. */
export function encodeStateReply(
  replyTo: string,
  { data, state }: WithState,
  traceparent: string | undefined,
  encoding: Encoding,
): string | Uint8Array {
  if (encoding === 'json') {
    const before = JSON.stringify(data).slice(0, -1)
    return encodeJsonReply(replyTo, `${before},"state":${toText(state)}}`, traceparent)
  }
  const trace = traceparent === undefined ? {} : { traceparent }
  const reply = { eventType: SERVER_EVENT.reply, replyTo, success: true, ...trace, data: { ...data, state: null } }
  const frame = encodeFrame(reply, encoding) as Uint8Array
  return Buffer.concat([frame.subarray(0, -NIL_BYTES), pack(state)])
}

function toText(json: Uint8Array): string {
  if (lastText === undefined || !isSame(lastText.json, json)) {
    lastText = { json: ownBytes(json), text: utf8.decode(json) }
  }
  return lastText.text
}

function pack(json: Uint8Array): Uint8Array {
  if (lastPacked === undefined || !isSame(lastPacked.json, json)) {
    lastPacked = { json: ownBytes(json), packed: encodeFrame(parseJson(json), 'msgpack') as Uint8Array }
  }
  return lastPacked.packed
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && Buffer.compare(one, other) === 0
}

/** Copies the bytes, because they are a view of a message of the link. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes)
}
