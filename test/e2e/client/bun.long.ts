import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { BUN } from '../../helpers/bun.ts'
import { startServer } from '../../helpers/server.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'
import { openSpeaker, ROOM, upTo } from './numbers.ts'

const PLAYER = fileURLToPath(new URL('sleeper.ts', import.meta.url))
const skip = BUN === undefined && 'no Bun for this machine'

for (const encoding of ['json', 'msgpack']) {
  t.test(
    `the client in Bun: a network that drops, and a server that starts anew (${encoding})`,
    { skip },
    async (t) => {
      const server = await startServer(t)
      const proxy = await startProxy(t, server.port)
      const child = spawn(BUN ?? '', [PLAYER, proxy.endpoint, server.mint('alice'), ROOM, encoding], {
        env: { PATH: process.env['PATH'] },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      t.teardown(() => void child.kill('SIGKILL'))
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
      const lines = () =>
        output
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Record<string, unknown>)
      const heard = () => lines().flatMap((line) => ('heard' in line ? [line['heard']] : []))
      const isReady = () => lines().at(-1)?.['status'] === 'ready' || typeof lines().at(-1)?.['heard'] === 'number'
      t.ok(await until(() => lines().some(({ status }) => status === 'joined')), output)
      const speaker = await openSpeaker(t, server)
      for (let round = 0; round < 5; round++) {
        await speaker.say(20)
        proxy.cutAll()
        await speaker.say(20)
        t.ok(await until(() => heard().length === speaker.said), `${heard().length} of ${speaker.said}`)
      }
      await server.restart()
      t.ok(await until(isReady))
      const again = await openSpeaker(t, server)
      await again.say(10)
      t.ok(await until(() => heard().length === speaker.said + again.said))
      t.strictSame(heard(), [...upTo(speaker.said), ...upTo(again.said)])
      t.notOk(lines().some((line) => 'gap' in line))
    },
  )
}
