import { SERVER_EVENT } from '../../../src/protocol/events.ts'
import type { Answer } from '../faulty-proxy.ts'
import { changing, fields, inBodyError, without, type FaultRow } from './fault.ts'

export const HANDSHAKE_FAULTS: readonly FaultRow[] = [
  {
    fault: 'the entry with the token is echoed',
    run: /^token\.(sub|header)|^encoding\.(chosen|none)/,
    fails: ['token.subprotocol-not-echoed'],
    make: () => ({
      accept: (headers, request) => {
        const entry = request.headers['sec-websocket-protocol']?.split(/, */).find((one) => one.startsWith('bearer.'))
        return entry === undefined ? headers : { ...headers, 'sec-websocket-protocol': entry }
      },
    }),
  },
  {
    fault: '200 for 401',
    run: /^token\.(none|header|garbage|guest)|^handshake\.(plain|path)/,
    fails: ['token.none', 'token.garbage', 'handshake.plain-private'],
    make: () => ({ answer: (answer) => (answer.status === 401 ? { ...answer, status: 200 } : answer) }),
  },
  {
    fault: 'an expired token is called invalid',
    run: /^token\.(expired|wrong|nbf|none)|^session\.refresh/,
    fails: ['token.expired'],
    make: () => ({
      answer: (answer) => {
        return inBodyError(answer, (error) =>
          error['code'] === 'TOKEN_EXPIRED' ? { ...error, code: 'TOKEN_INVALID' } : error,
        )
      },
    }),
  },
  {
    fault: 'an HTTP error without retryable',
    run: /^handshake\./,
    fails: ['handshake.error-body'],
    make: () => ({ answer: (answer) => inBodyError(answer, (error) => without(error, 'retryable')) }),
  },
  {
    fault: '405 without Allow',
    run: /^handshake\./,
    fails: ['handshake.post', 'handshake.put'],
    make: () => ({
      answer: (answer) => ({ ...answer, headers: without(answer.headers, 'allow') as Answer['headers'] }),
    }),
  },
  {
    fault: 'a head of 4 KB at most',
    run: /^handshake\./,
    fails: ['handshake.cookies'],
    make: () => ({ headBytesMax: 4096 }),
  },
  {
    fault: 'a foreign name is refused where there are pages only',
    run: /^host\.|^handshake\.(plain|path)/,
    fails: ['host.foreign'],
    make: () => ({
      answer: (answer, { url = '' }) =>
        answer.status === 421 && url.startsWith('/api/') ? { ...answer, status: 200 } : answer,
    }),
  },
  {
    fault: 'a foreign name is refused as an Origin is',
    run: /^host\.|^handshake\.(plain|path)/,
    fails: ['host.foreign'],
    make: () => ({
      answer: (answer) =>
        answer.status === 421 ? inBodyError(answer, (error) => ({ ...error, code: 'ORIGIN_FORBIDDEN' })) : answer,
    }),
  },
  {
    fault: 'a preflight is told 405',
    run: /^page\.|^handshake\.plain/,
    fails: ['private', 'public', 'socket-io', 'goods', 'receipt-key'].map((id) => `page.preflight.${id}`),
    make: () => ({
      answer: (answer, request) => (request.method === 'OPTIONS' ? { ...answer, status: 405 } : answer),
    }),
  },
  {
    fault: 'pages of any origin may send what they want',
    run: /^page\.|^handshake\.plain/,
    fails: ['page.preflight.foreign'],
    make: () => ({
      answer: (answer, { headers: { origin } }) =>
        origin === undefined
          ? answer
          : { ...answer, headers: { ...answer.headers, 'access-control-allow-origin': origin } },
    }),
  },
  {
    fault: 'Socket.IO needs the slash',
    run: /^socket-io\./,
    fails: ['socket-io.polling.no-slash', 'socket-io.websocket.no-slash'],
    make: () => ({
      answer: (answer, { url = '' }) => (url.includes('/public?EIO') ? { ...answer, status: 426, body: '' } : answer),
    }),
  },
  {
    fault: 'text frames for msgpack',
    run: /^encoding\./,
    fails: ['encoding.kind.msgpack'],
    make: () => ({ opcode: () => 1 }),
  },
  {
    fault: 'ready without an epoch',
    run: /^ready\./,
    fails: ['ready.fields.json', 'ready.fields.msgpack', 'ready.player'],
    make: () =>
      changing((value) => {
        const isReady = value['eventType'] === SERVER_EVENT.ready
        return isReady ? { ...value, payload: without(fields(value['payload']), 'epoch') } : value
      }),
  },
  {
    fault: 'another close code',
    run: /^encoding\.(binary|text|kind)|^vector\.close|^close\.(normal|bad)/,
    fails: [
      'encoding.binary-on-json',
      'encoding.text-on-msgpack',
      ...['a-binary-frame-on-a-json', 'a-text-frame-on-a-msgpack'].map((name) => `vector.close.${name}-connection`),
    ],
    make: () => ({ closeCode: (code) => (code === 1003 ? 1008 : code) }),
  },
  {
    fault: '4500 is a close that says resume',
    run: /^vector\.close|^close\.(normal|bad)/,
    fails: ['json', 'msgpack'].map((encoding) => `vector.close.repeated-bad-requests-${encoding}`),
    make: () => ({ closeCode: (code) => (code === 4500 ? 4004 : code) }),
  },
]
