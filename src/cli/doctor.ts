import { toError } from '../base/assert.ts'
import { systemClock } from '../base/clock.ts'
import { loadSettings, print } from './args.ts'
import { defineCommand } from './command.ts'
import { ConfigError, type Config } from '../config/load.ts'
import { examine } from '../doctor/doctor.ts'
import { ok, type Finding, type Level } from '../doctor/finding.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { thisMachine } from '../setup/preflight.ts'

export const command = defineCommand({
  usage: ['doctor [--json]'],
  about: ['looks at this machine and the configuration, and says what to mend; exit code 1: something must be'],
  options: { json: { type: 'boolean' } },
  takesNames: false,
  run: async ({ values }) => {
    const findings = await diagnose()
    const isWell = findings.every(({ level }) => level !== 'fail')
    if (values.json === true) print(`${JSON.stringify({ ok: isWell, findings }, null, 2)}\n`)
    else for (const finding of findings) print(`${toLine(finding)}\n`)
    if (!isWell) process.exitCode = EXIT.problems
  },
})

/** With a configuration that is none, there is nothing to hold the machine against. */
async function diagnose(): Promise<readonly Finding[]> {
  const config = tryLoad()
  if (config instanceof ConfigError) {
    return config.mistakes.map((text) => ({ check: 'configuration', level: 'fail', text }))
  }
  const loadUws = () => import('../transport/uws/uws.ts')
  const findings = await examine({
    config,
    machine: thisMachine(loadUws),
    uwsVersion: await versionOf(loadUws),
    clock: systemClock,
  })
  const warnings = config.warnings.map((text): Finding => ({ check: 'configuration', level: 'warn', text }))
  return [ok('configuration', config.settings.CONFIG_FILE ?? 'by the environment only'), ...warnings, ...findings]
}

function tryLoad(): Config | ConfigError {
  try {
    return loadSettings()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** Why it does not load is found by the check. */
async function versionOf(loadUws: () => Promise<{ readonly readUwsVersion: () => string }>): Promise<string> {
  return loadUws().then(
    ({ readUwsVersion }) => readUwsVersion(),
    (error: unknown) => toError(error).message,
  )
}

const SHOWN: Readonly<Record<Level, string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', skip: 'skip' }

function toLine({ check, level, text, mend }: Finding): string {
  const line = `${SHOWN[level]}  ${check}: ${text}`.replaceAll(/\s*\n\s*/g, ' ')
  return mend === undefined ? line : `${line} -> ${mend}`
}
