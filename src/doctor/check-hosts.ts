import type { Settings } from '../config/settings.ts'
import { ok, warn, type Finding } from './finding.ts'
import { isLoopback } from '../config/loopback.ts'

const MEND = "ALLOWED_HOSTS=game.example, with the names that players' browsers or the proxy send"

/** Judges which host names the port answers to. Reads nothing itself. */
export function checkHosts({
  ALLOWED_HOSTS: allowed,
  HTTP_HOST: host,
  TRUSTED_PROXIES: proxies,
}: Settings): readonly Finding[] {
  const isLocal = isLoopback(host)
  if (allowed?.includes('*') === true && isLocal) {
    return [
      warn('hosts', 'any host name is served, even that of a web page that makes it resolve to this machine', MEND),
    ]
  }
  if (allowed !== undefined) return [ok('hosts', `${allowed.join(', ')} and the names of this machine are served`)]
  if (!isLocal)
    return [ok('hosts', 'any host name is served, because HTTP_HOST is not loopback; set ALLOWED_HOSTS to restrict it')]
  if (proxies.some(isLoopback)) {
    const text = 'any host name is served to TRUSTED_PROXIES on this machine, and so to a browser on it'
    return [warn('hosts', text, MEND)]
  }
  const text = 'localhost, 127.0.0.1 and [::1] only: a proxy on this machine that passes on another Host gets 421'
  return [ok('hosts', `${text}, unless it is in TRUSTED_PROXIES or the name in ALLOWED_HOSTS`)]
}
