import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { readDataFile } from '../config/data-file.ts'
import { parseListen, type ListenAddress } from '../config/listen.ts'
import type { Config } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { parseGoods } from '../ledger/goods.ts'
import { whoHasPort } from '../setup/instance-lock.ts'
import { checkNode, checkOpenFiles, checkUws, type Machine, type Problem } from '../setup/preflight.ts'
import { checkData } from './check-data.ts'
import { checkEtcd } from './check-etcd.ts'
import { checkHosts } from './check-hosts.ts'
import { checkMachine } from './check-machine.ts'
import { checkSecrets, readSecretFiles } from './check-secrets.ts'
import { fail, ok, type Finding } from './finding.ts'
import { checkFreeGoods } from './check-goods.ts'
import { readData } from './read-data.ts'
import { readEtcd } from './read-etcd.ts'
import { readMachine } from './read-machine.ts'

export interface DoctorOptions {
  readonly config: Config
  /** The machine as it is at the start of a server. */
  readonly machine: Machine
  readonly uwsVersion: string
  readonly clock: Clock
}

/** Examines this machine, the configuration, and what it names. Leaves nothing behind. */
export async function examine({ config, machine, uwsVersion, clock }: DoctorOptions): Promise<readonly Finding[]> {
  const { settings } = config
  const limit = machine.openFilesMax()
  const etcd = settings.ETCD_ENDPOINTS.map((endpoint) => {
    return readEtcd(endpoint, { settings, timeoutMs: settings.ETCD_DIAL_TIMEOUT, clock })
  })
  return [
    fromProblem('node', `Node ${machine.nodeVersion}`, checkNode(machine.nodeVersion)),
    fromProblem('uWebSockets.js', uwsVersion, await checkUws(machine.loadUws)),
    fromProblem('open files', `${limit ?? 'not limited here'}`, checkOpenFiles(settings, limit)),
    ...checkMachine(settings, await readMachine()),
    ...(await checkPorts(settings)),
    ...checkHosts(settings),
    ...checkData(settings, await readData(settings.DATA_DIR, clock)),
    checkGoods(settings),
    ...checkSecrets(settings, readSecretFiles(config)),
    ...(await Promise.all(etcd)).flatMap((facts) => checkEtcd(settings, facts)),
  ]
}

/** Problems that would stop a server's start already say what to do. */
function fromProblem(check: string, text: string, problem: Problem | undefined): Finding {
  if (problem === undefined) return ok(check, text)
  return { check, level: problem.fatal ? 'fail' : 'warn', text: problem.message }
}

function checkPorts({ HTTP_HOST: host, HTTP_PORT: port, ADMIN_LISTEN = '' }: Settings): Promise<Finding[]> {
  const admin = parseListen(ADMIN_LISTEN)
  return Promise.all([
    checkPort('port', { host, port }, 'another HTTP_HOST or HTTP_PORT'),
    ...(admin ? [checkPort('admin port', admin, 'another ADMIN_LISTEN')] : []),
  ])
}

async function checkPort(check: string, { host, port }: ListenAddress, remedy: string): Promise<Finding> {
  if (port === 0) return ok(check, 'any that is free')
  try {
    const who = await whoHasPort(host, port)
    const where = `${port} on ${host}`
    if (who !== 'another program')
      return ok(check, who === 'nobody' ? `${where} is free` : `${where} is held by ${who}`)
    return fail(check, `${where} is held by another program`, `ss -ltnp 'sport = :${port}' says by which`)
  } catch (error) {
    return fail(check, toError(error).message, remedy)
  }
}

function checkGoods({ GOODS_FILE: file }: Settings): Finding {
  try {
    return checkFreeGoods(parseGoods(readDataFile(file)), file)
  } catch (error) {
    return fail('goods', `GOODS_FILE ${file}: ${toError(error).message}`, `edit ${file}`)
  }
}
