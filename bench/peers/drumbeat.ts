import { resolve } from 'node:path'
import { EVENT, SERVER_EVENT, SUBPROTOCOL } from '../../src/protocol/events.ts'
import { nothingToSay, type Peer } from './peer.ts'

/** Drumbeat with one worker and its primary, the embedded store, and guests that broadcast to their namespace. */
export const drumbeat: Peer = {
  name: 'drumbeat',
  title: 'Drumbeat',
  packages: ['uWebSockets.js', 'lmdb'],
  server: (dataDir) => ({
    file: resolve(import.meta.dirname, '../../src/main.ts'),
    watchesStdin: false,
    env: {
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      DATA_DIR: dataDir,
      WORKERS: '1',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      // What is measured is the work, not the limits. Those per address spare loopback.
      RATE_MESSAGES: '1000000',
      RATE_BYTES: '1GiB',
    },
  }),
  path: '/core/game/v1/real-time/public',
  subprotocol: SUBPROTOCOL.json,
  ready: SERVER_EVENT.ready,
  request: (message) => `{"eventType":"${EVENT.broadcast}","payload":{"message":${message}}}`,
  answer: nothingToSay,
}
