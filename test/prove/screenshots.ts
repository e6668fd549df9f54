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
  pid: process.pid,
  onStop: callback => {
    stop = callback
  },
  exit: () => {},
  abandon: () => {},
}
const ended = demo({ prepare: settings => history(settings, world) }, world)
ended.catch(told.reject)
const address = await told.promise
await mkdir(FOLDER, { recursive: true })
await using browser = await launch()
for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE }))
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({
      viewport,
      colorScheme,
      locale: 'en-GB',
      deviceScaleFactor: size === 'phone' ? 2 : 1,
    })
    const take = (name: string, fullPage = false): Promise<Buffer> =>
      page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`), fullPage })
    await story(page, take)
    await page.close()
  }
stop()
await ended

/** As a person at the support desk would go: what waits, where is the file, what became of it, what can be done. */
async function story(page: Page, take: (name: string, fullPage?: boolean) => Promise<Buffer>): Promise<void> {
  await page.goto(address)
  await take('overview', true)
  await page.goto(`${address}mails?q=pdf`)
  await take('search')
  await page.goto(`${address}mails?state=delivered&q=capture`)
  const [first] = await page.locator('.mails a').all()
  if (first === undefined) await page.goto(`${address}mails?state=held`)
  await page.locator('.mails a').first().click()
  await take('mail', true)
  await page.goto(`${address}mails?state=bounced`)
  await page.locator('.mails a').first().click()
  await page.locator('.verbs a').first().click()
  await page.getByRole('textbox', { name: 'Ticket number' }).fill('I161026_000005')
  await take('retry')
}
