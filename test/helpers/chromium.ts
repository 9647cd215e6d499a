import { spawnSync } from 'node:child_process'
import { chromium, type Browser } from 'playwright-core'
import { PATIENCE_MS } from './patience.ts'
import type { Owner } from './server.ts'

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .map((name) => spawnSync('which', [name]).stdout.toString().trim())
  .find((path) => path !== '')

/** For the `skip` of a test that needs a browser: the reason if there is none. */
export const NO_CHROMIUM = executablePath === undefined && 'no Chromium on this machine'

/** Starts the machine's Chromium without a window. Its pages wait as long as every test does. */
export async function openChromium(owner: Owner): Promise<Browser> {
  if (executablePath === undefined) throw new Error('no Chromium on this machine')
  const browser = await chromium.launch({ executablePath, args: ARGS })
  owner.teardown(() => browser.close())
  const newContext = browser.newContext.bind(browser)
  browser.newContext = async (options) => {
    const context = await newContext(options)
    context.setDefaultTimeout(PATIENCE_MS)
    return context
  }
  return browser
}
