/** `npm run screenshots`: starts the demo with a past, and takes docs/screenshots/*.png of its page: desktop and phone, light and dark. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { demo } from '../../src/cli/demo.ts'
import type { World } from '../../src/cli/world.ts'
import { browserPath, DESKTOP, launch, PHONE } from '../support/browser.ts'
import { history } from './history.ts'

/** Pixels of the page; what is longer is cut. */
const LONGEST = 1900

type Take = (name: string, long?: boolean) => Promise<void>

const FOLDER = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))

if (browserPath === undefined) throw new Error('Chromium is not installed: apt-get install chromium')

const out = new PassThrough()
let said = ''
const told = Promise.withResolvers<string>()
out.setEncoding('utf8').on('data', (chunk: string) => {
  said += chunk
  const found = /what became of each mail +(http:\S+)[\s\S]*Ctrl-C/.exec(said)?.[1]
  if (found !== undefined) told.resolve(found)
})
let stop = (): void => {}
const world: World = {
  environment: {},
  // Nothing of a terminal is asked of it but writing.
  out: out as unknown as NodeJS.WriteStream,
  err: process.stderr,
  now: () => new Date(),
  random: Math.random,
  uptime: () => process.uptime() * 1000,
  pid: process.pid,
  onStop: callback => {
    stop = callback
  },
  exit: () => {},
  machine: () => undefined,
  abandon: () => {},
}
const ended = demo({ prepare: settings => history(settings, world) }, world)
ended.catch(told.reject)
const address = await told.promise
await mkdir(FOLDER, { recursive: true })
await using browser = await launch()
for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE }))
  for (const colorScheme of ['light', 'dark'] as const) {
    const deviceScaleFactor = size === 'phone' ? 1.5 : 1
    const page = await browser.newPage({ viewport, colorScheme, locale: 'en-GB', deviceScaleFactor })
    const take: Take = async (name, long = false) => {
      const height = long ? await page.evaluate<number>('document.documentElement.scrollHeight') : viewport.height
      if (long) await page.setViewportSize({ width: viewport.width, height: Math.min(height, LONGEST) })
      await page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`) })
      await page.setViewportSize(viewport)
    }
    await story(page, take, (size === 'desktop') === (colorScheme === 'light'))
    await page.close()
  }
stop()
await ended

/** As a person at the support desk would go: what waits, where is the file, what became of it, what can be done. */
async function story(page: Page, take: Take, both: boolean): Promise<void> {
  await page.goto(address)
  await take('overview', true)
  await page.goto(`${address}mails?q=ecran`)
  await page.locator('.mails a').first().click()
  await take('mail', true)
  if (!both) return
  await page.goto(`${address}mails?q=pdf`)
  await take('search')
  await page.goto(`${address}mails?state=bounced&q=does+not+work`)
  await page.locator('.mails a').first().click()
  await page.locator('.verbs a').first().click()
  await page.getByRole('textbox', { name: 'Ticket number' }).fill('I261120_000005')
  await take('retry')
}
