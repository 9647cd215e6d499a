import { SECONDS, SIZES, type MetricAbout } from '../about.ts'

export const STORE = {
  commits: {
    name: 'commits_total',
    type: 'counter',
    help: 'Batches of events committed to the log.',
    when: 'If it stops while `commit_queue_length` grows, the store hangs.',
  },
  commitSize: {
    name: 'commit_events',
    type: 'histogram',
    help: 'Events in one commit.',
    buckets: SIZES,
    when: 'It grows under load, because events that come together share a commit.',
  },
  commitSeconds: {
    name: 'commit_seconds',
    type: 'histogram',
    help: 'Duration of one commit.',
    buckets: SECONDS,
    when: 'It depends on the disk, or on etcd and the network to it. Every accepted event waits for a commit.',
  },
  commitQueueLength: {
    name: 'commit_queue_length',
    type: 'gauge',
    help: 'Events that wait for the log.',
    when: 'At 50,000, further events are refused with `OVERLOADED`.',
  },
  deliveryQueueLength: {
    name: 'delivery_queue_length',
    type: 'gauge',
    help: 'Events that wait for the end of the flush interval, once per worker.',
    when: 'It empties every `FLUSH_INTERVAL_MS`. If it does not, the primary has too much to do.',
  },
  linkQueueBytes: {
    name: 'link_queue_bytes',
    type: 'gauge',
    help: 'Bytes that wait on the links between the primary and the workers, by the sending process.',
    labels: ['process'],
    when:
      'The receiving process has no time to read. Above `LINK_QUEUE_BYTES` the requests of a worker wait until it has ' +
      'read. Above four times as much, all requests are answered with `OVERLOADED`.',
  },
  logHeadOffset: {
    name: 'log_head_offset',
    type: 'gauge',
    help: 'The newest offset that this node has applied.',
    when: 'It is the same on all nodes, except for moments. A node that stays behind hears nothing from etcd.',
  },
  historyBytes: {
    name: 'history_bytes',
    type: 'gauge',
    help: 'Bytes of events held for clients that come back.',
    when: 'At `HISTORY_BYTES` the oldest events are dropped before `HISTORY_TTL`, so clients can be away for less long.',
  },
  historyReach: {
    name: 'history_reach_seconds',
    type: 'gauge',
    help: 'How far the history reaches back while it is full. 0 if it has room.',
    when:
      'Clients that were away for longer get `HISTORY_GONE`. Below `HISTORY_FLOOR` the users who send the most are ' +
      'refused: see `log` of `rate_limited_total`. The security log names them (`said_too_much`). If it is honest load, ' +
      'raise `HISTORY_BYTES`.',
  },
  storeUp: {
    name: 'store_up',
    type: 'gauge',
    help: '1 if the store took the last commit.',
    when: '0: nothing is accepted. The log says why: the disk is full, or etcd is gone.',
  },
  storeFileBytes: {
    name: 'store_file_bytes',
    type: 'gauge',
    help: 'Size of the data files of the embedded store.',
    labels: ['file'],
    when: '`log` stays at about `HISTORY_BYTES`. `records` grows with players and with `RECEIPT_RETENTION`. Files never shrink.',
  },
  diskFreeBytes: {
    name: 'disk_free_bytes',
    type: 'gauge',
    help: 'Free bytes on the disk of the embedded store.',
    labels: ['folder'],
    when: 'Below 4 MiB only events, deletes and what fits into free pages are accepted.',
  },
  etcdCallSeconds: {
    name: 'etcd_call_seconds',
    type: 'histogram',
    help: 'Duration of calls to etcd, failed ones included, by the method called.',
    labels: ['call'],
    buckets: SECONDS,
    when: '`txn` is a commit on a quorum. It depends on the disks of etcd and the network between its members.',
  },
  etcdCallErrors: {
    name: 'etcd_call_errors_total',
    type: 'counter',
    help: 'Calls to etcd that failed, by the method called.',
    labels: ['call'],
    when: 'The next call goes to the next endpoint. If `lease_keep_alive` fails, this node may soon lose its place.',
    startsWith: ['txn', 'range', 'compact', 'lease_grant', 'lease_revoke', 'lease_keep_alive', 'watch'],
  },
} as const satisfies Record<string, MetricAbout>

export const PURCHASES = {
  purchases: {
    name: 'purchases_total',
    type: 'counter',
    help: 'Purchases by outcome: receipt, replayed, or the error code.',
    labels: ['outcome'],
    when: '`receipt` is the turnover. `IDEMPOTENCY_CONFLICT`: a client makes bad keys, or someone is trying to cheat.',
    startsWith: ['receipt', 'replayed', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OVERLOADED', 'INTERNAL'],
  },
  purchaseQueueLength: {
    name: 'purchase_queue_length',
    type: 'gauge',
    help: 'Purchases and credits that wait.',
    when: 'At `BUY_QUEUE_MAX`, further ones are refused with `OVERLOADED`.',
  },
  purchaseBatchSize: {
    name: 'purchase_batch_requests',
    type: 'histogram',
    help: 'Purchases, credits and refunds in one batch.',
    buckets: SIZES,
    when: 'It grows under load.',
  },
  purchasePlanSeconds: {
    name: 'purchase_plan_seconds',
    type: 'histogram',
    help: 'Time to plan a batch on a thread of the pool, waiting included.',
    buckets: SECONDS,
    when: 'If it is high, the machine has too few free cores.',
  },
  purchaseCommitSeconds: {
    name: 'purchase_commit_seconds',
    type: 'histogram',
    help: 'Time to commit a batch to the store.',
    buckets: SECONDS,
    when: 'As for `commit_seconds`, but purchases always wait for the disk or the quorum.',
  },
  purchaseRetries: {
    name: 'purchase_retries_total',
    type: 'counter',
    help: 'Batches tried again: other writers changed their records (conflict), or a thread failed (thread).',
    labels: ['why'],
    when: '`conflict`: several nodes sell the same good. `thread`: a defect, or too little memory.',
    startsWith: ['conflict', 'thread'],
  },
} as const satisfies Record<string, MetricAbout>
