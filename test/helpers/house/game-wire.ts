import { createSigner } from 'fast-jwt'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { systemClock } from '../../../src/base/clock.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { Logs } from '../../../src/config/logs.ts'
import { createWelcome } from '../../../src/node/node.ts'
import { createChance, createRandom } from './chance.ts'
import { Network } from './network.ts'
import { PlainClient, type HouseDoor, type PlainOptions } from './plain-client.ts'
import { ScriptedPrimary } from './scripted-primary.ts'
import { simulateTime, type SimTime } from './sim-time.ts'
import { HouseWorker } from './worker.ts'

const SECRET = 'a secret for one worker, of thirty-two bytes and more'
const PREFIX = '/core/game/v1/real-time'

/** One real worker between clients and a scripted primary. */
export interface GameWire {
  readonly time: SimTime
  readonly primary: ScriptedPrimary
  readonly worker: HouseWorker
  readonly door: HouseDoor
  readonly enter: (user: string, options?: Omit<PlainOptions, 'user'>) => Promise<PlainClient>
  readonly pass: (forMs: number) => Promise<void>
}

/** It is closed when the test ends. */
export async function openGameWire(t: Test, env: Readonly<Record<string, string>> = {}): Promise<GameWire> {
  const time = simulateTime(t)
  const chance = createChance(1)
  const random = createRandom(chance)
  const logs = new Logs({ level: 'silent', levels: new Map(), pretty: false, bindings: {} })
  const worker = new HouseWorker({ random, logs, linkDelayMs: () => (chance.happens(0.5) ? 0 : chance.fraction()) })
  const primary = new ScriptedPrimary(worker)
  const network = new Network({ chance, listening: () => (worker.isListening ? [worker] : []) })
  primary.link.tell(
    'welcome',
    createWelcome({
      worker: 0,
      config: loadConfig({
        env: {
          HTTP_PORT: '1',
          ALLOWED_HOSTS: 'house.test',
          AUTH_JWT_SECRET: SECRET,
          ADMIN_TOKEN: 'the-admin-token-of-one-worker',
          DATA_DIR: mkdtempSync(join(tmpdir(), 'drumbeat-wire-')),
          MEMORY_LIMIT: 'off',
          API_PATH_PREFIX: PREFIX,
          ...env,
        },
      }),
      port: 1,
      adminPort: null,
      tokenKey: { kind: 'secret', secret: SECRET },
      adminToken: '',
      resumeSecret: new Uint8Array(32),
    }),
  )
  const mint = (sub: string, lifetimeS = 3600) => {
    const iat = Math.floor(systemClock.wallMs() / 1000)
    return createSigner({ algorithm: 'HS256', key: SECRET })({ sub, iat, exp: iat + lifetimeS })
  }
  const door = { time, network, mint, url: 'ws://house.test' }
  await time.until(() => worker.isListening, 1_000)
  return {
    time,
    primary,
    worker,
    door,
    enter: (user, options = {}) => PlainClient.open(door, { ...options, user }),
    pass: (forMs) => time.pass(forMs),
  }
}
