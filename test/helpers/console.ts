import { PATIENCE_MS } from './patience.ts'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Owner, TestServer } from './server.ts'

export interface Console {
  readonly page: Page
  /** Errors that were thrown or written to the browser's console, including violations of the content security policy. */
  readonly wrong: string[]
}

export interface ConsoleOptions extends BrowserContextOptions {
  /** As in the address: `rooms` means `#/rooms`. */
  readonly view?: string
  /** Typed into the page, as an operator does. */
  readonly adminToken?: string
}

export const VIEWS = ['', 'rooms', 'games', 'players', 'goods', 'tail', 'node', 'playground'] as const

/** Opens the console in a browser profile of its own. */
export async function openConsole(
  owner: Owner,
  browser: Browser,
  server: Pick<TestServer, 'url'>,
  { view = '', adminToken, ...options }: ConsoleOptions = {},
): Promise<Console> {
  const context = await browser.newContext(options)
  owner.teardown(() => context.close())
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(error.message))
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()))
  await page.goto(`${server.url}/#/${view}`)
  if (adminToken !== undefined) await enterToken(page, adminToken)
  return { page, wrong }
}

export async function enterToken(page: Page, adminToken: string): Promise<void> {
  await page.fill('#admin-token', adminToken)
  await page.press('#admin-token', 'Enter')
}

/** Waits until a text of the page matches. */
export async function shows(page: Page, selector: string, hasText: RegExp): Promise<string> {
  const found = page.locator(selector, { hasText }).first()
  await found.waitFor({ timeout: PATIENCE_MS })
  return (await found.textContent()) ?? ''
}

/** Fills the fields of the open dialog and confirms it. */
export async function answerDialog(page: Page, fields: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`dialog [name="${name}"]`)
    if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value)
    else await field.fill(value)
  }
  await page.click('dialog button[type="submit"]')
}
