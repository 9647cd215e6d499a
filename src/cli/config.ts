import { describeSettings } from '../config/describe.ts'
import { loadSettings, print } from './args.ts'
import { defineCommand } from './command.ts'

export const command = defineCommand({
  usage: ['config [--json]'],
  about: ['prints the settings in force, and where each one comes from'],
  options: { json: { type: 'boolean' } },
  takesNames: false,
  run: ({ values }) => {
    const config = loadSettings()
    for (const warning of config.warnings) process.stderr.write(`drumbeat: warning: ${warning}\n`)
    const described = describeSettings(config)
    if (values.json === true) {
      print(`${JSON.stringify(described, null, 2)}\n`)
      return
    }
    const width = Math.max(...described.map(({ name }) => name.length))
    for (const { name, value, source } of described) {
      const shown = Array.isArray(value) ? value.join(',') : String(value ?? '')
      print(`${name.padEnd(width)}  ${shown}${source === 'default' ? '' : `  (${source})`}\n`)
    }
  },
})
