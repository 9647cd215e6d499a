import { EVENT, SERVER_EVENT } from '../../../src/protocol/events.ts'
import { changing, fields, isEvent, isReply, withPayload, without, type FaultRow } from './fault.ts'

export const REPLIES_FAULTS: readonly FaultRow[] = [
  {
    fault: 'a silent error',
    run: /^reply\./,
    fails: ['reply.error-without-id.json', 'reply.error-without-id.msgpack'],
    make: () => ({ frame: (value) => (isReply(value) && !('replyTo' in value) ? [] : [value]) }),
  },
  {
    fault: 'every reply twice',
    run: /^reply\./,
    fails: ['reply.exactly-one', 'reply.refused-values-are-requests'].flatMap((id) => [`${id}.json`, `${id}.msgpack`]),
    make: () => ({ frame: (value) => (isReply(value) ? [value, value] : [value]) }),
  },
  {
    fault: 'a long replyTo is cut off',
    run: /^reply\./,
    fails: ['reply.id-64'],
    make: () =>
      changing((value) => ('replyTo' in value ? { ...value, replyTo: String(value['replyTo']).slice(0, 32) } : value)),
  },
  {
    fault: 'a reply where none was asked for',
    run: /^reply\./,
    fails: ['reply.success-without-id'],
    make: () => ({
      seen: (value, line) => {
        if (!('id' in value) && value['eventType'] === EVENT.sessionPing) {
          line.send({ eventType: SERVER_EVENT.reply, success: true, data: {} })
        }
      },
    }),
  },
  {
    fault: 'an error without retryable',
    run: /^reply\./,
    fails: ['reply.error-shape'],
    make: () =>
      changing((value) => (value['error'] ? { ...value, error: without(fields(value['error']), 'retryable') } : value)),
  },
  {
    fault: 'a bad request is answered without replyTo',
    run: /^(reply\.refused|reply\.success|vector\.refused\.msgpack\.(with-an-id-(nan|a-date)|nothing))/,
    fails: [
      'reply.refused-values-are-requests.json',
      'reply.refused-values-are-requests.msgpack',
      'vector.refused.msgpack.with-an-id-nan',
      'vector.refused.msgpack.with-an-id-a-date',
    ],
    make: () =>
      changing((value) => (fields(value['error'])['code'] === 'BAD_REQUEST' ? without(value, 'replyTo') : value)),
  },
  {
    fault: 'the fifth refused value ends the connection',
    run: /^reply\./,
    fails: ['reply.refused-values-are-requests.json', 'reply.refused-values-are-requests.msgpack'],
    make: () => ({
      frame: (value, line) => {
        const refused = Number(line.memory.get('refused') ?? 0) + ('error' in value ? 1 : 0)
        line.memory.set('refused', refused)
        if (refused >= 5) line.end(4500)
        return [value]
      },
    }),
  },
  {
    fault: 'a refused value is answered twice',
    run: /^reply\.(refused|success)/,
    fails: ['reply.refused-values-are-requests.json', 'reply.refused-values-are-requests.msgpack'],
    make: () => ({ frame: (value) => ('error' in value ? [value, value] : [value]) }),
  },
  {
    fault: 'the key constructor is lost',
    run: /^envelope\.(inherited|unknown)/,
    fails: ['envelope.inherited-names.json', 'envelope.inherited-names.msgpack'],
    make: () =>
      changing((value) => {
        const { message } = fields(value['payload'])
        return isEvent(value) ? withPayload(value, { message: without(fields(message), 'constructor') }) : value
      }),
  },
  {
    fault: 'a fractional ping interval',
    run: /^(ready\.(fields|epoch)|number\.integers)/,
    fails: ['ready.fields.json', 'ready.fields.msgpack', 'number.integers.json', 'number.integers.msgpack'],
    make: () =>
      changing((value) => {
        const isFirst = value['eventType'] === SERVER_EVENT.ready
        return isFirst ? withPayload(value, { ping_interval_ms: 10000.000000000002 }) : value
      }),
  },
  {
    fault: 'a ping timeout of Engine.IO that is no integer',
    run: /^(number\.socket|handshake\.public)/,
    fails: ['number.socket-io-handshake'],
    make: () => ({
      answer: (answer) => ({
        ...answer,
        body: answer.body.replace(/"pingTimeout":\d+/, '"pingTimeout":10000.000000000002'),
      }),
    }),
  },
  {
    fault: 'refuses a message with another code, and passes it on all the same',
    run: /^message\.guest/,
    fails: ['message.guest-to-player'],
    make: () =>
      changing((value) => {
        const { code } = fields(value['error'])
        return code === 'FORBIDDEN' ? { ...value, error: { ...fields(value['error']), code: 'NOT_FOUND' } } : value
      }),
  },
  {
    fault: 'an error without its place',
    run: /^payload\.(broadcast|message\.guest|buy\.guest)/,
    fails: ['message-absent', 'retain-text', 'retain-number'].flatMap((id) => {
      return ['json', 'msgpack'].map((encoding) => `payload.broadcast.${id}.${encoding}`)
    }),
    make: () =>
      changing((value) => (value['error'] ? { ...value, error: without(fields(value['error']), 'details') } : value)),
  },
  {
    fault: 'no traceparent on events',
    run: /^envelope\.(traceparent|unknown)/,
    fails: ['envelope.traceparent-event'],
    make: () => changing((value) => (isEvent(value) ? without(value, 'traceparent') : value)),
  },
]
