import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { firstLine } from './data-file.ts'
import { meantSetting } from './nearest.ts'
import { SETTINGS, isSettingName, type SettingName } from './settings.ts'

/**
 * Reads the folder into which systemd's LoadCredential= puts one file per setting, under the setting's name. The value of a
 * secret is the content of its file, without a line break at the end. The value of a setting that names a file is the path of
 * the credential itself. An empty file counts as not set, so a unit can fall back on empty files. Adds each mistake to
 * `mistakes` as a line for people, without any secret.
 */
export function readCredentials(
  folder: string,
  mistakes: string[],
): readonly { readonly name: SettingName; readonly raw: string }[] {
  return namesIn(folder, mistakes).flatMap((name) => {
    if (!isSettingName(name)) {
      const meant = meantSetting(name)
      if (meant !== undefined) mistakes.push(`${name} is not a setting; the nearest is ${meant} (credentials)`)
      return []
    }
    if (!mayBeCredential(name)) {
      mistakes.push(`${name} is neither a secret nor a file: it cannot be a credential`)
      return []
    }
    const file = path.join(folder, name)
    const content = readText(name, file, mistakes)
    if (content === undefined || content === '') return []
    return [{ name, raw: SETTINGS[name].secret ? content : file }]
  })
}

function mayBeCredential(name: SettingName): boolean {
  return SETTINGS[name].secret || (name.endsWith('_FILE') && name !== 'CONFIG_FILE')
}

function namesIn(folder: string, mistakes: string[]): readonly string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch (error) {
    mistakes.push(`CREDENTIALS_DIRECTORY must be a readable folder (${firstLine(error)})`)
    return []
  }
}

function readText(name: string, file: string, mistakes: string[]): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
    return text.replace(/\r?\n$/, '')
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8' : firstLine(error)
    mistakes.push(`${name} cannot be read from the credentials: ${reason}`)
    return undefined
  }
}
