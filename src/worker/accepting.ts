import { addressKey, createProxyTrust, normaliseAddress, UNKNOWN_ADDRESS } from '../door/address.ts'
import { AttemptRates } from '../door/admission.ts'
import { Refusal } from '../protocol/errors.ts'
import { OPEN_FILES_OWN, readOpenFilesMax } from '../setup/preflight.ts'
import type { WorkerContext } from './context.ts'

/** The burst: how many seconds' worth of the rate may come at once. */
const BURST_S = 4

/**
 * How many connections are allowed for each allowed attempt to connect by WebSocket, because HTTP needs connections, too.
 * Connections above this rate are cut, and their clients may not see why. So the rates of attempts, which answer with a reason,
 * come first.
 */
const PER_ATTEMPT = 4

/** Decides which connections a worker accepts. Its limit of open files, and a rate for each address, bound them. */
export function createAcceptRules({ config, clock, watch, log }: WorkerContext) {
  const { settings, explicit } = config
  const proxies = createProxyTrust(settings.TRUSTED_PROXIES)
  const rates = new AttemptRates({
    ratePerAddress: settings.CONNECT_RATE_PER_ADDRESS * PER_ATTEMPT,
    burst: settings.CONNECT_RATE_PER_ADDRESS * PER_ATTEMPT * BURST_S,
    exemptLoopback: !explicit.has('CONNECT_RATE_PER_ADDRESS'),
    clock,
  })
  const socketsMax = (readOpenFilesMax() ?? Infinity) - OPEN_FILES_OWN
  return {
    socketsMax,
    onFull: () => log.error({ socketsMax }, 'connections are refused: the limit of open files is near'),
    limit: (remoteAddress: string) => {
      const address = normaliseAddress(remoteAddress) ?? UNKNOWN_ADDRESS
      // The addresses of a proxy's clients are known only when they have sent something.
      if (proxies.trusts(address)) return undefined
      const waitMs = rates.take(addressKey(address))
      if (waitMs === 0) return undefined
      watch.acceptLimited(address)
      return new Refusal('RATE_LIMITED', 'too many connections from this address', { retry_after_ms: waitMs })
    },
  }
}
