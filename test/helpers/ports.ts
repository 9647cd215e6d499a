import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
const ATTEMPTS = 5
/** Other programs' services mostly have lower ports. */
const LOWEST = 10_000
const HIGHEST = 65_535
/** The words of most programs, and those of Drumbeat. */
const IN_USE = /address (already )?in use|HTTP_PORT \d+ on \S+ is in use/i

/**
 * Different free ports, for programs that have to be told their ports. If possible they are outside of the range that the kernel
 * gives to outgoing connections. Otherwise such a connection may have a port when its program binds it, or binds it again.
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

/**
 * A port may be taken between the look and the bind. So if `start` fails because an address or port is in use, it is called again
 * with others.
 */
export async function onFreePorts<T>(count: number, start: (ports: readonly number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePorts(count))
    } catch (error) {
      if (attempt === ATTEMPTS || !IN_USE.test(String(error))) throw error
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
