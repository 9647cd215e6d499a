import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { Waiter } from './waiter.ts'

/** Node has no datagram sockets of AF_UNIX, but perl has, and every Debian has perl. It ends when its standard input does. */
const RECEIVER = `use Socket; $| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, sockaddr_un($ARGV[0])) or die "bind: $!"; print "bound\\n";
my $parent = getppid(); my $in = ''; vec($in, 0, 1) = 1; vec($in, fileno($s), 1) = 1;
while (1) { select(my $r = $in, undef, undef, undef); last if vec($r, 0, 1);
  recv($s, my $m, 65536, 0); $m =~ s/\\n/\\t/g; print "$m\\n"; }`

export interface NotifySocket {
  readonly path: string
  /** The messages in the order in which they came, each as its assignments. systemd-notify's own BARRIER=1 is left out. */
  readonly messages: readonly (readonly string[])[]
  /** Waits for the first message from the index `from` on that holds the text. */
  find(text: string, withinMs: number, from?: number): Promise<readonly string[]>
}

/** For the options of `t.test`: the reason to skip, or false. */
export function skipWithoutNotify(): { readonly skip: string | false } {
  const missing = ['systemd-notify', 'perl'].find((name) => spawnSync(name, ['--version']).status !== 0)
  return { skip: missing === undefined ? false : `there is no ${missing}` }
}

/** Opens a socket like the one that systemd names in NOTIFY_SOCKET. */
export async function openNotifySocket(t: Test): Promise<NotifySocket> {
  // A socket's path may have at most 107 bytes.
  const folder = await mkdtemp(join(tmpdir(), 'drumbeat-notify-'))
  const path = join(folder, 'notify')
  const child = spawn('perl', ['-e', RECEIVER, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  const messages: string[][] = []
  const waiter = new Waiter()
  const lines = createInterface({ input: child.stdout })
  const bound = once(lines, 'line')
  lines.on('line', (line) => {
    if (line === 'bound' || line === 'BARRIER=1') return
    messages.push(line.split('\t'))
    waiter.wake()
  })
  t.teardown(async () => {
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
    await rm(folder, { recursive: true })
  })
  await bound
  return {
    path,
    messages,
    find: (text, withinMs, from = 0) => {
      const look = () => messages.slice(from).find((message) => message.join('\n').includes(text))
      return waiter.until(look, withinMs, () => `"${text}" did not come: ${JSON.stringify(messages)}`)
    },
  }
}
