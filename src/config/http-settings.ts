import { boolean, integer, size } from './kinds.ts'
import { byWorkers, computed, setting } from './setting.ts'

/** Settings of what a client may request over HTTP. */
export const HTTP_SETTINGS = {
  HTTP_RATE_PER_ADDRESS: byWorkers(
    setting(
      integer(1, 1_000_000),
      '200',
      "HTTP requests that one address may make per second to a node, with a burst of 4 s' worth. Socket.IO's polling counts; `/health` does not. Loopback is exempt unless you set this.",
    ),
  ),
  HTTP_BYTES_PER_ADDRESS: byWorkers(
    computed(
      size('1KiB', '64GiB'),
      'HTTP_RATE_PER_ADDRESS x 10KiB (2000KiB)',
      'How many bytes one address may get per second in answers that need no ADMIN_TOKEN. It is part of HTTP_RATE_PER_ADDRESS: an answer of more than `HTTP_BYTES_PER_ADDRESS / HTTP_RATE_PER_ADDRESS` bytes counts as several requests.',
    ),
  ),
  HTTP_KEEP_ALIVE: byWorkers(
    setting(
      boolean,
      'true',
      'Whether a connection stays open after an answer. It is closed after 8 s without a request. Use `false` behind load balancers that keep idle connections for longer.',
    ),
  ),
  HTTP_HEAD_BYTES: byWorkers(
    setting(
      size('4KiB', '64KiB'),
      '16KiB',
      'The largest head of a request: the request line and all headers. A larger one is answered with 431.',
    ),
  ),
} as const
