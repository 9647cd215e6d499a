import { createHmac } from 'node:crypto'

export interface TokenParts {
  readonly secret: string
  readonly claims: Readonly<Record<string, unknown>>
  /** By default HS256. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** Makes a JWT, even one that nobody should accept. Claims that are undefined are left out. */
export function signToken({ secret, claims, header = { alg: 'HS256', typ: 'JWT' } }: TokenParts): string {
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
