import { SECONDS, SIZES, type MetricAbout } from '../about.ts'

export const STORE = {
  commits: {
    name: 'commits_total',
    type: 'counter',
    help: 'Batches of events committed to the log.',
    when: 'To zero while `commit_queue_length` grows: the store hangs.',
  },
  commitSize: {
    name: 'commit_events',
    type: 'histogram',
    help: 'Events in one commit.',
    buckets: SIZES,
    when: 'Larger under load: that is the group commit at work.',
  },
  commitSeconds: {
    name: 'commit_seconds',
    type: 'histogram',
    help: 'Duration of one commit.',
    buckets: SECONDS,
    when: 'The disk, or etcd and the way to it. Every accepted event waits for one.',
  },
  commitQueueLength: {
    name: 'commit_queue_length',
    type: 'gauge',
    help: 'Events that wait for the log.',
    when: 'At 50,000 events are refused with `OVERLOADED`.',
  },
  deliveryQueueLength: {
    name: 'delivery_queue_length',
    type: 'gauge',
    help: 'Events that wait for the end of the flush interval, once per worker.',
    when: 'It empties every `FLUSH_INTERVAL_MS`; where it does not, the primary has no time.',
  },
  linkQueueBytes: {
    name: 'link_queue_bytes',
    type: 'gauge',
    help: 'Bytes that wait on the links between the primary and the workers, by the process that sends.',
    labels: ['process'],
    when: 'The other side has no time to read. Above `LINK_QUEUE_BYTES` the requests of a worker wait until it has read, above four times as much all requests are answered with `OVERLOADED`.',
  },
  logHeadOffset: {
    name: 'log_head_offset',
    type: 'gauge',
    help: 'The newest offset that was applied.',
    when: 'The same on all nodes, but for moments. A node that stays behind does not hear from etcd.',
  },
  historyBytes: {
    name: 'history_bytes',
    type: 'gauge',
    help: 'History held for those who come back.',
    when: 'At `HISTORY_BYTES` the oldest goes before `HISTORY_TTL`: resumes reach less far back.',
  },
  historyReach: {
    name: 'history_reach_seconds',
    type: 'gauge',
    help: 'How far the history reaches back while it is full; 0: it has room.',
    when:
      'Whoever was away for longer gets `HISTORY_GONE`. Under `HISTORY_FLOOR` those who say the most are refused: see `log` of `rate_limited_total`, and who in the ' +
      'security log (`said_too_much`). If it is honest load, raise `HISTORY_BYTES`.',
  },
  storeUp: {
    name: 'store_up',
    type: 'gauge',
    help: '1: the store took the last commit.',
    when: '0: nothing is accepted. The log says why: the disk is full, or etcd is gone.',
  },
  storeFileBytes: {
    name: 'store_file_bytes',
    type: 'gauge',
    help: 'Size of the data files of the embedded store.',
    labels: ['file'],
    when: '`log` stays about `HISTORY_BYTES`; `records` grows with players and with `RECEIPT_RETENTION`. Files never shrink.',
  },
  diskFreeBytes: {
    name: 'disk_free_bytes',
    type: 'gauge',
    help: 'What is free where the embedded store is.',
    labels: ['folder'],
    when: 'Under 4 MiB only events, deletes and what fits into free pages are accepted.',
  },
  etcdCallSeconds: {
    name: 'etcd_call_seconds',
    type: 'histogram',
    help: 'Calls to etcd, by what was called, also those that failed.',
    labels: ['call'],
    buckets: SECONDS,
    when: '`txn` is a commit on a quorum: disks of etcd, and the network between its members.',
  },
  etcdCallErrors: {
    name: 'etcd_call_errors_total',
    type: 'counter',
    help: 'Calls to etcd that failed, by what was called.',
    labels: ['call'],
    when: 'The next call goes to the next endpoint. `lease_keep_alive`: soon the place of this node.',
    startsWith: ['txn', 'range', 'compact', 'lease_grant', 'lease_revoke', 'lease_keep_alive', 'watch'],
  },
} as const satisfies Record<string, MetricAbout>

export const PURCHASES = {
  purchases: {
    name: 'purchases_total',
    type: 'counter',
    help: 'Purchases by outcome: receipt, replayed, or the error code.',
    labels: ['outcome'],
    when: '`receipt` is the turnover. `IDEMPOTENCY_CONFLICT`: a client that makes its keys badly, or somebody who tries.',
    startsWith: ['receipt', 'replayed', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OVERLOADED', 'INTERNAL'],
  },
  purchaseQueueLength: {
    name: 'purchase_queue_length',
    type: 'gauge',
    help: 'Purchases and credits that wait.',
    when: 'At `BUY_QUEUE_MAX` they are refused with `OVERLOADED`.',
  },
  purchaseBatchSize: {
    name: 'purchase_batch_requests',
    type: 'histogram',
    help: 'Purchases, credits and refunds decided together.',
    buckets: SIZES,
    when: 'Larger under load.',
  },
  purchasePlanSeconds: {
    name: 'purchase_plan_seconds',
    type: 'histogram',
    help: 'A batch on a thread of the pool, waiting included.',
    buckets: SECONDS,
    when: 'CPU: the machine has too few cores free.',
  },
  purchaseCommitSeconds: {
    name: 'purchase_commit_seconds',
    type: 'histogram',
    help: 'A batch on its way into the store.',
    buckets: SECONDS,
    when: 'As `commit_seconds`; purchases always wait for the disk, or the quorum.',
  },
  purchaseRetries: {
    name: 'purchase_retries_total',
    type: 'counter',
    help: 'Batches tried again: others changed what they were decided on (conflict), or a thread failed (thread).',
    labels: ['why'],
    when: '`conflict`: several nodes sell the same good. `thread` is a defect or too little memory.',
    startsWith: ['conflict', 'thread'],
  },
} as const satisfies Record<string, MetricAbout>
