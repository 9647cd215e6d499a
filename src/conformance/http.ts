import { socketAddressOf } from '../base/socket-address.ts'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps, type RequestOptions } from 'node:https'
import { isErrorCode } from '../protocol/errors.ts'
import { expectEqual, expectThat, fieldsOf, Mismatch, type Fields } from './expect.ts'

export interface HttpAnswer {
  /** 101 if the upgrade was made. The connection is then closed. */
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface HttpAsk {
  readonly method?: string
  /** With its query, unchanged. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly agent?: RequestOptions['agent']
}

/** Sends one request, with or without an upgrade. Throws Mismatch if no answer comes. */
export function askHttp(url: URL, ask: HttpAsk, waitMs: number): Promise<HttpAnswer> {
  const { method = 'GET', path, headers = {}, body, agent = false } = ask
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const sent = request({ ...socketAddressOf(url), method, path, headers, agent, timeout: waitMs })
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve(toAnswer(response, Buffer.concat(chunks).toString())))
    })
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(toAnswer(response, ''))
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('error', (error) => reject(new Mismatch('an HTTP answer', error.message)))
    sent.end(body)
  })
}

function toAnswer({ statusCode = 0, headers }: IncomingMessage, body: string): HttpAnswer {
  const one = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join() : value])
  return { status: statusCode, headers: Object.fromEntries(one) as HttpAnswer['headers'], body }
}

/** The `error` in the body. Returns no fields if the body is something else. */
export function errorOf({ body }: HttpAnswer): Fields {
  try {
    return fieldsOf(fieldsOf(JSON.parse(body))['error'])
  } catch {
    return {} // it is not JSON, so it has no error
  }
}

export function expectRefused(answer: HttpAnswer, status: number, code?: string): void {
  const { code: came } = errorOf(answer)
  const shown = `${answer.status} ${typeof came === 'string' ? came : answer.body.slice(0, 80)}`
  expectThat(answer.status === status && (code === undefined || came === code), `${status} ${code ?? ''}`, shown)
}

/** Checks `code`, `message` and `retryable` of an error, which are the same on a socket and in HTTP. */
export function expectErrorShape(error: Fields): void {
  expectThat(isErrorCode(error['code']), 'an error code of the contract', error)
  expectEqual(typeof error['message'], 'string', 'the type of message')
  expectEqual(typeof error['retryable'], 'boolean', 'the type of retryable')
}
