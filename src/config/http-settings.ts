import { boolean, integer, size } from './kinds.ts'
import { byWorkers, computed, setting } from './setting.ts'

/** What a client may ask for over HTTP, and how. */
export const HTTP_SETTINGS = {
  HTTP_RATE_PER_ADDRESS: byWorkers(
    setting(
      integer(1, 1_000_000),
      '200',
      "HTTP requests per second to a node, those of Socket.IO's polling too, with a burst of 4 s' worth; not `/health`. Loopback is exempt unless this is set.",
    ),
  ),
  HTTP_BYTES_PER_ADDRESS: byWorkers(
    computed(
      size('1KiB', '64GiB'),
      'HTTP_RATE_PER_ADDRESS x 10KiB (2000KiB)',
      'What answers that need no ADMIN_TOKEN may take in a second, as a part of HTTP_RATE_PER_ADDRESS: an answer of more than `HTTP_BYTES_PER_ADDRESS / HTTP_RATE_PER_ADDRESS` bytes counts as several requests.',
    ),
  ),
  HTTP_KEEP_ALIVE: byWorkers(
    setting(
      boolean,
      'true',
      'Whether a connection goes on after an answer; it is closed when it is idle for 8 s. `false`: for load balancers that keep idle ones for longer.',
    ),
  ),
  HTTP_HEAD_BYTES: byWorkers(
    setting(
      size('4KiB', '64KiB'),
      '16KiB',
      "How large a request's head may be: the request line and all headers. A larger one is answered with 431.",
    ),
  ),
} as const
