/** From `drumbeat new` to two tabs that play, while a rule is changed under them. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { AXE, offences } from '../helpers/axe.ts'
import { NO_CHROMIUM, openChromium } from '../helpers/chromium.ts'
import { shows } from '../helpers/console.ts'
import { saveFile } from '../helpers/save-file.ts'
import { COMMAND, startIn } from '../helpers/started.ts'
import { until } from '../helpers/until.ts'
import { folderOf } from '../host/helpers/process.ts'

const { PATH = '', HOME = '', SHOTS } = process.env
const env = { PATH, HOME }

t.test('two tabs play a new game, and go on when a rule is changed', { skip: NO_CHROMIUM }, async (t) => {
  const cwd = folderOf(t, {})
  t.match(spawnSync(process.execPath, [COMMAND, 'new', 'pong'], { cwd, env, encoding: 'utf8' }), { status: 0 })
  const { url, output, logged } = await startIn(t, cwd, ['--games', './pong/game.ts', '--watch'])
  t.ok(logged(/^listening$/).length > 0)
  t.ok(await until(() => output().includes('(in two tabs)')))
  t.match(output(), new RegExp(`Play +http://127.0.0.1:\\d+/play/pong/`))

  const browser = await openChromium(t)
  const wrong: string[] = []
  const open = async (colorScheme: 'light' | 'dark', width: number): Promise<Page> => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 740 } })
    const page = await context.newPage()
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()))
    await page.goto(`${url}/play/pong/`)
    return page
  }
  const tabs = [await open('light', 1280), await open('dark', 360)]
  const names: string[] = []
  for (const tab of tabs) names.push((await shows(tab, '#status', /^You are Player \d/)).replace('You are ', ''))
  t.not(names[0], names[1])
  for (const [i, tab] of tabs.entries())
    for (const [k, name] of names.entries())
      await shows(tab, '#scores', new RegExp(`${name}${i === k ? ' \\(you\\)' : ''}: \\d`))
  // What is refused is said, by the button and by the key, and goes when it is not refused any more.
  const [first] = tabs
  for (const ask of [() => first?.click('#dash'), () => first?.keyboard.press(' ')]) {
    await ask()
    if (!first) return
    await shows(first, '#answer', /^Run, to dash\.$/)
    await first.click('h1')
    await first.keyboard.down('ArrowRight')
    await first.keyboard.press(' ')
    await shows(first, '#answer', /^$/)
    await first.keyboard.up('ArrowRight')
  }
  if (SHOTS !== undefined)
    for (const [i, tab] of tabs.entries()) await tab.screenshot({ path: path.join(SHOTS, `new-${i}.png`) })
  for (const tab of tabs) {
    await tab.evaluate(AXE)
    t.strictSame(await offences(tab), [])
  }

  // Everybody reaches everything: whoever is there has the coins.
  const file = path.join(cwd, 'pong/game.ts')
  saveFile(file, readFileSync(file, 'utf8').replace('const REACH = 4', 'const REACH = 200'))
  t.ok(await until(() => logged(/^the games were loaded again$/).length > 0), 'it is loaded anew')
  for (const tab of tabs) await shows(tab, '#status', /^(?:You have won!|Player \d has won\.) Reload/)
  t.strictSame(wrong, [], 'nothing is wrong in the browser')
  t.strictSame(logged(/failed|other state/), [])
})
