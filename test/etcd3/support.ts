import { Etcd3, type IOptions } from 'etcd3'
import type { EtcdMember } from '../helpers/etcd.ts'
import type { Owner } from '../helpers/server.ts'

type Policies = NonNullable<IOptions['faultHandling']>

/** A policy that runs each call once. Its type has more to it, of which etcd3 uses nothing. */
const POLICY = { execute: async (run: () => unknown) => run() } as unknown as NonNullable<Policies['global']>
export const ONCE: Policies = { host: () => POLICY, global: POLICY }

/** What calls and streams say whose connection is cut: the second where bytes were under way. */
export const CUT = /^14 UNAVAILABLE: (Connection dropped|(read|write) E[A-Z]+)$/

/** What the tests do not ask of the disk: it makes etcd several times as fast. */
export const FAST = { args: ['--unsafe-no-fsync'] }

const FILL_AT_ONCE = 200

/** A client whose calls are made once, unless `options` say otherwise; closed with its owner. */
export function openClient(owner: Owner, { endpoint }: { endpoint: string }, options: Partial<IOptions> = {}): Etcd3 {
  const client = new Etcd3({ hosts: endpoint, faultHandling: ONCE, ...options })
  owner.teardown(() => client.close())
  return client
}

/** A transaction without a guard, so that it shows how often it was done. */
export function putting(key: string) {
  return { success: [{ request_put: { key: Buffer.from(key), value: Buffer.from('value') } }] }
}

/** How often the key was put; 0: never. */
export async function timesPut(client: Etcd3, key: string): Promise<number> {
  const { kvs } = await client.kv.range({ key: Buffer.from(key) })
  return Number(kvs[0]?.version ?? 0)
}

/** Puts as many keys below the prefix, each in a revision of its own, of which it gives the first and the last. */
export async function fill(
  member: EtcdMember,
  { prefix, count, valueBytes = 1 }: { prefix: string; count: number; valueBytes?: number },
): Promise<{ readonly first: number; readonly last: number }> {
  const client = new Etcd3({ hosts: member.endpoint, faultHandling: ONCE })
  const value = Buffer.alloc(valueBytes, 'x')
  const revisions: number[] = []
  let next = 0
  const putSome = async () => {
    while (next < count) {
      const { header } = await client.kv.put({ key: Buffer.from(`${prefix}${next++}`), value })
      revisions.push(Number(header.revision))
    }
  }
  await Promise.all(Array.from({ length: FILL_AT_ONCE }, putSome))
  client.close()
  return { first: Math.min(...revisions), last: Math.max(...revisions) }
}

/** Below a prefix of ASCII. */
export function rangeOf(prefix: string) {
  const end = String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
  return { key: Buffer.from(prefix), range_end: Buffer.from(prefix.slice(0, -1) + end) }
}

export function revisions(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

export async function errorOf(failing: Promise<unknown>): Promise<Error> {
  try {
    await failing
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it should have failed')
}
