import { addressKey, createProxyTrust, normaliseAddress, UNKNOWN_ADDRESS } from '../door/address.ts'
import { AttemptRates } from '../door/admission.ts'
import { Refusal } from '../protocol/errors.ts'
import { OPEN_FILES_OWN, readOpenFilesMax } from '../setup/preflight.ts'
import type { WorkerContext } from './context.ts'

/** Connections at once: so many seconds' worth of the rate. */
const BURST_S = 4

/**
 * Connections to attempts: HTTP needs some, too. Those that are too many are cut, whose clients may not see why, so that whoever is a little
 * over the rates is told by them first.
 */
const PER_ATTEMPT = 4

/** Which connections a worker takes: below its limit of open files, and so many a second of one address. */
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
      // Its clients are known when they have said something.
      if (proxies.trusts(address)) return undefined
      const waitMs = rates.take(addressKey(address))
      if (waitMs === 0) return undefined
      watch.acceptLimited(address)
      return new Refusal('RATE_LIMITED', 'too many connections from this address', { retry_after_ms: waitMs })
    },
  }
}
