// `npm run bench -- NAME` runs one of the programs below, or a workload of run.ts. It is plain JavaScript, because nothing may be
// installed yet.
import { installAndRun } from '../src/setup/install-and-run.mjs'

/** @type {Readonly<Record<string, { program: string, needs: readonly string[] }>>} */
const PROGRAMS = {
  cluster: { program: 'bench/cluster/run.ts', needs: ['etcd'] },
  retention: { program: 'bench/cluster/retention.ts', needs: ['etcd'] },
  ledger: { program: 'bench/ledger/run.ts', needs: ['etcd'] },
  patches: { program: 'bench/patches.ts', needs: [] },
  'client-size': { program: 'bench/client-size.ts', needs: [] },
}

const [name = '', ...rest] = process.argv.slice(2)
const chosen = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined
if (chosen) installAndRun(['tools', ...chosen.needs], 'node', [chosen.program, ...rest])
else installAndRun(['tools'], 'node', ['bench/run.ts', ...process.argv.slice(2)])
