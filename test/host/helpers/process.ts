import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { monotonicOriginMs, systemClock } from '../../../src/base/clock.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { encodeConfig } from '../../../src/config/wire.ts'
import { Link } from '../../../src/link/link.ts'
import type {
  EnterRoom,
  GameFailure,
  GameInfo,
  GameSource,
  HostMethods,
  OfHostMethods,
} from '../../../src/link/methods/host.ts'
import { LINK_VERSION } from '../../../src/link/version.ts'
import { spawnHost, type HostProcess } from '../../../src/processes/host-process.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const MIB = 1024 * 1024

interface Owner {
  teardown(end: () => void | Promise<void>): void
}

/** A folder outside of the package with these files. */
export function folderOf(owner: Owner, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'drumbeat-games-'))
  owner.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  return folder
}

/** A real process, at the end of a real link. */
export class RunningHost {
  readonly process: HostProcess
  readonly link: Link<OfHostMethods, HostMethods>
  /** What it has told of its games. */
  readonly failures: GameFailure[] = []
  /** Where they are from. */
  sources: readonly GameSource[] = []
  /** What it says when it has loaded its games, or could not. */
  readonly started: Promise<readonly GameInfo[] | { readonly mistakes: readonly string[] }>

  constructor(owner: Owner, env: Readonly<Record<string, string>>) {
    const config = loadConfig({ env: { LOG_LEVEL: 'silent', DATA_DIR: os.tmpdir(), ...env } })
    const { PATH = '', HOME = '' } = process.env
    this.process = spawnHost({ script: MAIN, env: { PATH, HOME }, heapMibMax: config.settings.GAME_HOST_MEMORY / MIB })
    const { promise, resolve } = Promise.withResolvers<readonly GameInfo[] | { readonly mistakes: readonly string[] }>()
    this.started = promise
    this.link = new Link<OfHostMethods, HostMethods>({
      stream: this.process.link,
      queueBytesMax: 1 << 28,
      onClose: () => {},
      handlers: {
        listening: ({ games, sources }) => {
          this.sources = sources
          resolve(games)
        },
        unfit: resolve,
        said: () => {},
        checkpoint: () => {},
        listed: () => {},
        over: () => {},
        failed: (failure) => this.failures.push(failure),
        load: () => {},
      },
    })
    this.link.tell('welcome', {
      linkVersion: LINK_VERSION,
      host: 1,
      config: encodeConfig(config),
      clockOriginMs: monotonicOriginMs(systemClock),
    })
    owner.teardown(async () => {
      this.process.kill()
      await this.process.ended
    })
  }

  async openRoom(handle: number, game: string): Promise<void> {
    await this.started
    await this.link.ask('open', {
      handle,
      roomId: `${game}:${handle}`,
      game,
      options: {},
      seed: 1,
      startMs: Date.now(),
    })
  }

  async enter(handle: number, viewer: number, user: string): Promise<void> {
    const args: EnterRoom = {
      handle,
      viewer,
      user,
      isGuest: false,
      as: 'player',
      inventory: {},
      ledgerEntry: 0,
      isBack: false,
      encoding: 'json',
    }
    await this.link.ask('enter', args)
  }
}
