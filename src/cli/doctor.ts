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
  about: ['checks this machine and the configuration, and says what to fix; exit code 1: something must be fixed'],
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

/** If the configuration cannot be loaded, only its mistakes are reported, because the checks of the machine need it. */
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
  return [ok('configuration', config.settings.CONFIG_FILE ?? 'from the environment only'), ...warnings, ...findings]
}

function tryLoad(): Config | ConfigError {
  try {
    return loadSettings()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** Returns the version of uWebSockets.js, or why it cannot be loaded. A check reports that. */
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
