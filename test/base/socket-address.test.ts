import t from 'tap'
import { socketAddressOf } from '../../src/base/socket-address.ts'

t.test('a URL names a host and a port, also where it leaves out the port of its scheme', async (t) => {
  const addresses = {
    'http://127.0.0.1:8080/path': { host: '127.0.0.1', port: 8080 },
    'http://game.example': { host: 'game.example', port: 80 },
    'ws://game.example:80': { host: 'game.example', port: 80 },
    'https://etcd-1:443': { host: 'etcd-1', port: 443 },
    'wss://game.example': { host: 'game.example', port: 443 },
    'https://[::1]:2379': { host: '::1', port: 2379 },
  }
  for (const [url, address] of Object.entries(addresses)) t.strictSame(socketAddressOf(new URL(url)), address, url)
})
