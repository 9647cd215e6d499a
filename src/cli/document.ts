import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { EXIT } from '../setup/exit-codes.ts'
import { allCommands, describe } from './commands.ts'

const EXIT_MEANS: Readonly<Record<keyof typeof EXIT, string>> = {
  problems: 'What was checked is not as it should be; the server was ended by a second signal.',
  usage: 'The command line is wrong.',
  unavailable: 'Something that it needs cannot be reached, such as etcd or the server.',
  internal: 'A defect.',
  outputFailed: 'What was to be printed could not be written.',
  temporary: 'Try again later: the data folder or the port is in use, or the disk has no room.',
  permission: 'The data folder cannot be made or written.',
  configuration: 'The configuration, the data folder or the machine must be changed first.',
  outputClosed: 'Nobody reads the output any more, as in a pipe into `head`.',
}

/** `docs/reference/command-line.md`, of the commands. */
export async function renderCommands(): Promise<string> {
  const commands = await allCommands()
  const codes = Object.entries(EXIT_MEANS).map(([name, means]) => `| ${EXIT[name as keyof typeof EXIT]} | ${means} |`)
  return `${[HEAD, '```', commands.map(describe).join('\n').trimEnd(), '```', TAIL, ...codes].join('\n')}\n`
}

const HEAD = `# Command line

\`npx drumbeat\` in a project that has the package or in a clone, \`drumbeat\` on a server with the installer. \`drumbeat help COMMAND\` prints the
part of one command. Settings come from the environment and from the file that \`CONFIG_FILE\` names: [Settings](settings.md).
\`npm run docs -- cli\` writes this page.
`

const TAIL = `
The command runs on Node 22, from 22.18 on. Any other Node, from 18 on, hands over to the Node 22 that was installed with the package (Linux).

## Exit codes

| code | what it means |
| --- | --- |
| 0 | Done. For a server: it drained after SIGTERM or SIGINT. |`

if (import.meta.main) {
  writeFileSync(path.resolve(import.meta.dirname, '../../docs/reference/command-line.md'), await renderCommands())
}
