import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { promisedMs } from '../../helpers/promised.ts'
import { realTime } from '../../helpers/real-time.ts'
import { startServer } from '../../helpers/server.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'
import { openSpeaker, ROOM, upTo } from './numbers.ts'

const SLEEPER = fileURLToPath(new URL('sleeper.ts', import.meta.url))
const DIE_WITH_PARENT = new URL('../../helpers/die-with-parent.ts', import.meta.url).href
/** The server's interval is 30 s: who waits for silence alone takes that and 5 s for the answer. */
const WITHOUT_A_CLOCK_MS = 30_000

t.test(
  'a machine that slept while its connection died asks at once when it wakes, and hears what it missed',
  async (t) => {
    const server = await startServer(t)
    const proxy = await startProxy(t, server.port)
    const speaker = await openSpeaker(t, server)
    const child = spawn(
      process.execPath,
      ['--import', DIE_WITH_PARENT, SLEEPER, proxy.endpoint, server.mint('alice'), ROOM],
      { env: { PATH: process.env['PATH'] }, stdio: ['pipe', 'pipe', 'inherit'] },
    )
    t.teardown(() => void child.kill('SIGKILL'))
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    const lines = () =>
      output
        .slice(0, output.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    const heard = () => lines().flatMap((line) => ('heard' in line ? [line['heard']] : []))
    t.ok(await until(() => lines().some(({ status }) => status === 'joined')))
    await speaker.say(5)
    await until(() => heard().length === 5)

    child.kill('SIGSTOP')
    // What would have closed it is lost, as on a network that has forgotten the machine.
    proxy.freezeAll()
    await speaker.say(5)
    await realTime(6_000)
    t.equal(heard().length, 5)
    child.kill('SIGCONT')
    const wokeAtMs = performance.now()
    await until(() => heard().length === 10)
    promisedMs(t, performance.now() - wokeAtMs, WITHOUT_A_CLOCK_MS, 'it heard what it missed')
    t.strictSame(heard(), upTo(10))
    t.match(
      lines().filter(({ status }) => status === 'reconnecting' || status === 'ready'),
      [
        { status: 'reconnecting', code: 4003 },
        { status: 'ready', recovered: true },
      ],
    )
  },
)
