import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
const ATTEMPTS = 5
/** Below these nobody else's services are met. */
const LOWEST = 10_000
const HIGHEST = 65_535

/**
 * Different ports that nobody listens on, for programs that have to be told theirs. Outside of what the kernel gives to
 * outgoing connections, where it leaves room: else one of those may sit on a port when its program binds it, or binds it again.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const { from, to } = outsideOfOutgoing()
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(from, to)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

/** Between looking and binding a port may be taken: `start` is called with others where it fails with "address in use". */
export async function onFreePorts<T>(count: number, start: (ports: readonly number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePorts(count))
    } catch (error) {
      if (attempt === ATTEMPTS || !/address (already )?in use/i.test(String(error))) throw error
    }
  }
}

function outsideOfOutgoing(): { readonly from: number; readonly to: number } {
  const [first = LOWEST, last = HIGHEST] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .split(/\s+/)
    .map(Number)
  const below = { from: LOWEST, to: first }
  const above = { from: last + 1, to: HIGHEST }
  const larger = below.to - below.from > above.to - above.from ? below : above
  return larger.to - larger.from > 1_000 ? larger : { from: LOWEST, to: HIGHEST }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ host: HOST, port })
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
