import { resolve } from 'node:path'
import { drumbeatDialect } from '../../src/load/drumbeat.ts'
import { YOUNG_GENERATION } from '../../src/processes/child-process.ts'
import { mintToken } from '../../src/auth/token.ts'
import type { Peer } from './peer.ts'

const SECRET = 'the-secret-of-the-bench-of-32-bytes-or-more'
export const ADMIN_TOKEN = 'the-admin-token-of-the-bench'
const PATH = { apiPathPrefix: '/core/game/v1/real-time', encoding: 'json' } as const

/** Drumbeat with one worker and its primary, and the embedded store. Its clients are guests that broadcast to their namespace. */
export const drumbeat: Peer = {
  name: 'drumbeat',
  title: 'Drumbeat',
  packages: ['uWebSockets.js', 'lmdb'],
  server: (dataDir) => ({
    file: resolve(import.meta.dirname, '../../src/main.ts'),
    // As `npm start` sets it.
    nodeArgs: [YOUNG_GENERATION],
    watchesStdin: false,
    env: {
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      DATA_DIR: dataDir,
      WORKERS: '1',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      AUTH_JWT_SECRET: SECRET,
      ADMIN_TOKEN,
      // The bench measures work and not limits. Limits per address do not apply to loopback.
      RATE_MESSAGES: '1000000',
      RATE_BYTES: '1GiB',
      MAX_CALLS_PER_CONNECTION: '100000',
      MAX_CALLS_PER_USER: '1000000',
      MAX_CALLS_PER_WORKER: '1000000',
    },
  }),
  dialect: drumbeatDialect(PATH),
}

/** The same with players, each with a token of its own. */
export const drumbeatPrivate: Peer = {
  ...drumbeat,
  name: 'drumbeat-private',
  dialect: drumbeatDialect({
    ...PATH,
    token: (index) => mintToken({ secret: SECRET, sub: `player-${index}`, nowMs: Date.now() }),
  }),
}

export const drumbeatMsgpack: Peer = {
  ...drumbeat,
  name: 'drumbeat-msgpack',
  title: 'Drumbeat, msgpack',
  dialect: drumbeatDialect({ ...PATH, encoding: 'msgpack' }),
}

function withWorkers(workers: number, title: string): Peer {
  const server: Peer['server'] = (dataDir) => {
    const program = drumbeat.server(dataDir)
    return { ...program, env: { ...program.env, WORKERS: String(workers) } }
  }
  return { ...drumbeat, name: `drumbeat-${workers}`, title, server }
}

export const drumbeatTwo = withWorkers(2, 'Drumbeat, two workers')
export const drumbeatFour = withWorkers(4, 'Drumbeat, four workers')
