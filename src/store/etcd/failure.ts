import { toError } from '../../base/assert.ts'
import { StoreUnavailable } from '../store.ts'

/**
 * What a failed call means. `refused`: etcd said no, and nothing was done. `unsent`: the call never left this process, so nothing
 * was done. `unknown`: anything else, mostly a deadline. It may have been done, or may still be.
 */
export type Failure = 'refused' | 'unsent' | 'unknown'

/** Messages of etcd (rpctypes) that say that a request was not applied. `test/etcd3/errors.long.ts` shows when each comes. */
const REFUSALS = [
  'etcdserver: too many requests',
  'etcdserver: mvcc: database space exceeded',
  'etcdserver: request is too large',
  'etcdserver: too many operations in txn request',
  'etcdserver: duplicate key given in txn request',
  'etcdserver: permission denied',
  'etcdserver: user name is empty',
  'etcdserver: authentication is not enabled',
  'etcdserver: authentication failed, invalid user ID or password',
  'etcdserver: mvcc: required revision has been compacted',
  'etcdserver: requested lease not found',
]

/** Messages of grpc-js and etcd3 that say that there was no connection, so nothing was sent. */
const UNSENT = [
  'No connection established',
  'Name resolution failed',
  'Channel closed before call started',
  'Waiting for LB pick',
  'waiting for name resolution',
  'the client was already closed',
]

export function failureOf(error: Error): Failure {
  if (REFUSALS.some((text) => error.message.includes(text))) return 'refused'
  if (UNSENT.some((text) => error.message.includes(text))) return 'unsent'
  return 'unknown'
}

/** Describes for operators a call that did nothing. */
export function toUnavailable(cause: unknown, endpoint?: string): StoreUnavailable {
  const at = endpoint === undefined ? '' : ` (${endpoint})`
  return new StoreUnavailable(`etcd: ${toError(cause).message}${at}`, { cause })
}
