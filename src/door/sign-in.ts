import { isLoopback, normaliseAddress } from './address.ts'
import { Headers, type RequestHead } from './request-head.ts'

/** Headers that proxies and tunnels add, and browsers do not. */
const OF_PROXIES =
  /^(?:forwarded|via|x-forwarded(?:-.+)?|x-real-ip|x-(?:cluster-)?client-ip|true-client-ip|x-original-.+|cf-.+|cdn-loop|x-envoy-.+|x-amzn-.+|x-azure-.+|x-ms-.+|tailscale-.+|ngrok-.+)$/
const HTTP_PORT_STANDARD = 80

/**
 * Returns why a request may not sign in with one click, or undefined if it may. The request must come from this machine, through
 * no proxy, to an address or name of loopback with the server's own port, and from the server's own page. Every way that leads
 * here from another machine changes at least one of these. `config/development.ts` decides whether signing in is offered at all,
 * and the code is checked after this.
 */
export function findSignInFault(
  head: Pick<RequestHead, 'headers' | 'remoteAddress'>,
  port: number,
): string | undefined {
  const headers = new Headers(head.headers)
  if (!isLoopback(normaliseAddress(head.remoteAddress) ?? '')) return 'the request comes from another machine'
  const [proxied] = head.headers.find(([name]) => OF_PROXIES.test(name)) ?? []
  if (proxied !== undefined) return `the request came by a proxy: it has ${proxied}`
  const [host = '', ...hosts] = headers.all('host')
  if (hosts.length > 0 || !ownHosts(port).includes(host))
    return 'Host is not localhost or an address of loopback with the port of this server'
  const [origin = '', ...origins] = headers.all('origin')
  if (origins.length > 0 || origin !== `http://${host}`) return 'Origin is not the console of this server'
  // Old browsers do not send this header.
  if (headers.all('sec-fetch-site').some((site) => site !== 'same-origin')) return 'the request is not of the console'
  return undefined
}

function ownHosts(port: number): readonly string[] {
  const names = ['localhost', '127.0.0.1', '[::1]']
  return names.map((name) => (port === HTTP_PORT_STANDARD ? name : `${name}:${port}`))
}
