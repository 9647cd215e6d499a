import { toError } from '../../base/assert.ts'
import { StoreUnavailable } from '../store.ts'

/**
 * What a failed call says. `refused`: etcd is there and said no, nothing was done. `unsent`: it never left this process,
 * nothing was done. `unknown`: anything else, a deadline above all; it may have been done, or may be yet.
 */
export type Failure = 'refused' | 'unsent' | 'unknown'

/** `test/etcd3/errors.long.ts` has what comes when. Messages of etcd (rpctypes) that come before a request is proposed to the cluster, or in place of applying it. */
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

/** Of grpc-js and etcd3: no connection was there, so that nothing was sent on it. */
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

/** Where nothing was done, in a few words for operators. */
export function toUnavailable(cause: unknown, endpoint?: string): StoreUnavailable {
  const at = endpoint === undefined ? '' : ` (${endpoint})`
  return new StoreUnavailable(`etcd: ${toError(cause).message}${at}`, { cause })
}
