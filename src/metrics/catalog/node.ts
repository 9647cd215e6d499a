import type { MetricAbout } from '../about.ts'

export const NODE = {
  buildInfo: {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1; the versions and the name of the node are in the labels.',
    labels: ['version', 'node_version', 'node'],
    when: 'Two values at once: a roll-out is under way.',
  },
  workersListening: {
    name: 'workers_listening',
    type: 'gauge',
    help: 'Workers that take connections.',
    when: 'Less than `workers_wanted` for more than a minute: they end at their start, and the log says how.',
  },
  workersWanted: {
    name: 'workers_wanted',
    type: 'gauge',
    help: 'WORKERS.',
    when: 'Only by configuration.',
  },
  workerRestarts: {
    name: 'worker_restarts_total',
    type: 'counter',
    help: 'Workers that died and were replaced.',
    when: 'Each has cut its connections, which resume. A defect, no memory, or a worker that was stuck for 7 s.',
  },
  memoryLimitBytes: {
    name: 'memory_limit_bytes',
    type: 'gauge',
    help: 'MEMORY_LIMIT, or what it is by itself; 0: none.',
    when: 'Only by configuration, or with another machine or control group.',
  },
  memoryUsedBytes: {
    name: 'memory_used_bytes',
    type: 'gauge',
    help: 'Memory of all processes of the node, without the pages of files.',
    when: 'Compare it with `memory_limit_bytes`. The primary holds the history, workers what waits for slow readers.',
  },
  memoryShort: {
    name: 'memory_short',
    type: 'gauge',
    help: '1: from 80 % of the limit on, 2: from 90 % on; 0 again under 75 %.',
    when: '1: new connections are refused. 2: the slowest readers are closed (`slow_consumers_total`), and the oldest history goes.',
  },
  clusterNodes: {
    name: 'cluster_nodes',
    type: 'gauge',
    help: 'Nodes that live, as this one sees it.',
    when: 'Less than there should be: a node is down. Different on two nodes for long: one is cut off.',
  },
  placeHeld: {
    name: 'node_place_held',
    type: 'gauge',
    help: '1: this node has its place in the cluster and hears what others commit. Always so without one.',
    when: '0: it answers `UNAVAILABLE`, and ends where it does not get its place back. Look at etcd.',
  },
  caretaker: {
    name: 'cluster_caretaker',
    type: 'gauge',
    help: '1: this node looks after the log in etcd.',
    when: 'The sum over all nodes is 1. For long 0: etcd keeps all of the log, up to its quota.',
  },
  tracesDropped: {
    name: 'traces_dropped_total',
    type: 'counter',
    help: 'Spans that were to be exported and are lost: too many at once (`queue`), or not taken (`export`).',
    labels: ['reason'],
    startsWith: ['queue', 'export'],
    when: '`export`: the collector at OTLP_ENDPOINT does not answer, or refuses; the log says how. `queue`: a lower TRACE_SAMPLE_RATIO.',
  },
  logLinesLost: {
    name: 'log_lines_lost_total',
    type: 'counter',
    help: 'Lines of the log that could not be written.',
    when: 'The disk that the log is on is full, or the program that reads the log is behind or gone. When lines are written again, the log says how many were lost.',
  },
  rooms: {
    name: 'rooms',
    type: 'gauge',
    help: 'Rooms, on whatever node their members are.',
    when: 'A climb that does not end: rooms made by REST stay until they are deleted.',
  },
} as const satisfies Record<string, MetricAbout>

export const PROCESS = {
  loopDelay: {
    name: 'event_loop_delay_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the last 15 s to 30 s.',
    labels: ['process'],
    when: 'Everything in that process waits so long. Workers: more of them, or fewer connections. The primary: fewer commits.',
  },
  residentBytes: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory.',
    labels: ['process'],
    when: 'The primary holds the history, each worker its connections. What grows without them is a leak.',
  },
  heapBytes: {
    name: 'process_heap_used_bytes',
    type: 'gauge',
    help: "Used of V8's heap.",
    labels: ['process'],
    when: 'Near the limit of V8 (about 4 GiB) the process collects garbage and does nothing else.',
  },
  externalBytes: {
    name: 'process_external_memory_bytes',
    type: 'gauge',
    help: 'Buffers outside of the heap: frames and history.',
    labels: ['process'],
    when: 'As the resident memory.',
  },
  cpuSeconds: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time used, user and system.',
    labels: ['process'],
    when: 'A rate of 1 is one core, which is all that the loop of a process can use.',
  },
  startTime: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When it started, Unix time.',
    labels: ['process'],
    when: 'A new one is a restart.',
  },
} as const satisfies Record<string, MetricAbout>
