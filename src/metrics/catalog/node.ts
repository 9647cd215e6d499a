import type { MetricAbout } from '../about.ts'

export const NODE = {
  buildInfo: {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1. The labels have the versions and the name of the node.',
    labels: ['version', 'node_version', 'node'],
    when: 'Two values at once: a roll-out is under way.',
  },
  workersListening: {
    name: 'workers_listening',
    type: 'gauge',
    help: 'Workers that take connections.',
    when: 'If it is less than `workers_wanted` for more than a minute, workers end at their start. The log says why.',
  },
  workersWanted: {
    name: 'workers_wanted',
    type: 'gauge',
    help: 'The setting WORKERS.',
    when: 'It changes only by configuration.',
  },
  workerRestarts: {
    name: 'worker_restarts_total',
    type: 'counter',
    help: 'Workers that died and were replaced.',
    when:
      'Each one cut its connections, which resume. The cause is a defect, a lack of memory, or a worker that was stuck ' +
      'for 7 s.',
  },
  memoryLimitBytes: {
    name: 'memory_limit_bytes',
    type: 'gauge',
    help: 'MEMORY_LIMIT, or the limit that was found if it is not set. 0 if there is none.',
    when: 'It changes only by configuration, or with another machine or control group.',
  },
  memoryUsedBytes: {
    name: 'memory_used_bytes',
    type: 'gauge',
    help: 'Memory of all processes of the node, without the pages of files.',
    when: 'Compare it with `memory_limit_bytes`. The primary holds the history. Workers hold what slow readers have not read.',
  },
  memoryShort: {
    name: 'memory_short',
    type: 'gauge',
    help: '1 from 80 % of the limit on, 2 from 90 % on, and 0 again below 75 %.',
    when:
      '1: new connections are refused. 2: the slowest readers are closed (`slow_consumers_total`), and the oldest ' +
      'history is dropped.',
  },
  clusterNodes: {
    name: 'cluster_nodes',
    type: 'gauge',
    help: 'Live nodes, as this node sees it.',
    when: 'If there are fewer than there should be, a node is down. If two nodes differ for long, one of them is cut off.',
  },
  placeHeld: {
    name: 'node_place_held',
    type: 'gauge',
    help: '1 if this node has its place in the cluster and hears what others commit. Always 1 without a cluster.',
    when: '0: the node answers `UNAVAILABLE`, and ends if it does not get its place back. Look at etcd.',
  },
  caretaker: {
    name: 'cluster_caretaker',
    type: 'gauge',
    help: '1 if this node looks after the log in etcd.',
    when: 'The sum over all nodes is 1. If it is 0 for long, etcd keeps all of the log, up to its quota.',
  },
  tracesDropped: {
    name: 'traces_dropped_total',
    type: 'counter',
    help: 'Spans that should have been exported and were lost: too many at once (`queue`), or not accepted (`export`).',
    labels: ['reason'],
    startsWith: ['queue', 'export'],
    when:
      '`export`: the collector at OTLP_ENDPOINT does not answer, or refuses; the log says how. `queue`: lower ' +
      'TRACE_SAMPLE_RATIO.',
  },
  logLinesLost: {
    name: 'log_lines_lost_total',
    type: 'counter',
    help: 'Lines of the log that could not be written.',
    when:
      'The disk of the log is full, or the program that reads the log is behind or gone. When lines can be written ' +
      'again, the log says how many were lost.',
  },
  rooms: {
    name: 'rooms',
    type: 'gauge',
    help: 'Rooms, whichever nodes their members are on.',
    when: 'If it grows without end: rooms made by REST stay until they are deleted.',
  },
} as const satisfies Record<string, MetricAbout>

export const PROCESS = {
  loopDelay: {
    name: 'event_loop_delay_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the event loop delay in the last 15 s to 30 s.',
    labels: ['process'],
    when:
      'Everything in that process waits this long. For workers, have more of them or fewer connections. For the ' +
      'primary, fewer commits.',
  },
  residentBytes: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory.',
    labels: ['process'],
    when: 'The primary holds the history, and each worker its connections. Growth without these is a leak.',
  },
  heapBytes: {
    name: 'process_heap_used_bytes',
    type: 'gauge',
    help: "Used part of V8's heap.",
    labels: ['process'],
    when: 'Near the limit of V8 (about 4 GiB) the process only collects garbage.',
  },
  externalBytes: {
    name: 'process_external_memory_bytes',
    type: 'gauge',
    help: 'Buffers outside of the heap: frames and history.',
    labels: ['process'],
    when: 'See the resident memory.',
  },
  cpuSeconds: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time used, user and system.',
    labels: ['process'],
    when: 'A rate of 1 is one core, which is all that the event loop of a process can use.',
  },
  startTime: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the process started, in Unix time.',
    labels: ['process'],
    when: 'A new value is a restart.',
  },
} as const satisfies Record<string, MetricAbout>
