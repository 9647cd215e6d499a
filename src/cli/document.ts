import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { EXIT } from '../setup/exit-codes.ts'
import { allCommands, describe } from './commands.ts'

const EXIT_MEANS: Readonly<Record<keyof typeof EXIT, string>> = {
  problems: 'A check found a problem, or a second signal ended the server at once.',
  usage: 'The command line is wrong.',
  unavailable: 'Something that the command needs cannot be reached, such as etcd or the server.',
  internal: 'A defect of Drumbeat.',
  outputFailed: 'The output could not be written.',
  temporary: 'Try again later: the data folder or the port is in use, or the disk is full.',
  permission: 'The data folder cannot be created or written.',
  configuration: 'The configuration, the data folder or the machine must be changed first.',
  outputClosed: 'Nobody reads the output any more, as in a pipe into `head`.',
}

/** Renders `docs/reference/command-line.md` from the commands. */
export async function renderCommands(): Promise<string> {
  const commands = await allCommands()
  const codes = Object.entries(EXIT_MEANS).map(([name, means]) => `| ${EXIT[name as keyof typeof EXIT]} | ${means} |`)
  return `${[HEAD, '```', commands.map(describe).join('\n').trimEnd(), '```', TAIL, ...codes].join('\n')}\n`
}

const HEAD = `# Command line

In a clone, or in a project that has the package, type \`npx drumbeat\`. On a server with the installer, type \`drumbeat\`.
\`drumbeat help COMMAND\` prints the help of one command. Settings come from the environment and from the file that
\`CONFIG_FILE\` names: see [Settings](settings.md).
\`npm run docs -- cli\` writes this page.
`

const TAIL = `
The command runs on Node 22.18 or a later Node 22. On Linux any other Node from 18 on starts the Node 22 that was installed with
the package.

## Exit codes

| code | what it means |
| --- | --- |
| 0 | Success. A server has drained after SIGTERM or SIGINT. |`

if (import.meta.main) {
  writeFileSync(path.resolve(import.meta.dirname, '../../docs/reference/command-line.md'), await renderCommands())
}
