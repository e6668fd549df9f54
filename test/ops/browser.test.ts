/** The operator's page as people use it: a real Chromium, a real daemon, Dovecot and a desk that is down for a while. */
import { readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { mailRow } from '../support/books.ts'
import { DESKTOP, describeWithBrowser, expectAccessible, launch, PHONE } from '../support/browser.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { configured, type Started, start } from '../support/process.ts'
import { setup, type WholeRoad } from '../support/road.ts'
import { NOW, status } from '../support/status.ts'

const TOKEN = 'open sesame, please'
const LONG = 180_000

/** A mail that waits for a desk that rests (1), and one without a number (2). */
async function daemon(): Promise<{ readonly road: WholeRoad; readonly daemon: Started; readonly address: string }> {
  const settings = { schedule: '* * * * * *', status: { host: '127.0.0.1', port: 0, token: TOKEN } }
  const road = await setup({ settings })
  road.desk.willSay('list', { status: 503, headers: { 'retry-after': '3600' } })
  await road.post(letter({ subject: 'Log for I161026_000005', attachments: { 'a.txt': 'first' } }))
  await road.post(letter({ subject: 'no number', attachments: { 'Facture été.txt': 'second' } }))
  const running = start(['run', '--config', await configured(road.folder, road.written)])
  const [, address = ''] = await running.says(/status page at (http:\S+)/)
  await running.says(/"event":"returned".*"id":"1"/)
  await settled(running, '2', 'Bounced')
  return { road, daemon: running, address }
}

const settled = (running: Started, id: string, folder: string) =>
  running.says(new RegExp(`"event":"settled".*"id":"${id}".*${folder}`))

/** What the ledger knows of mail 1 is another one's, until the answer is called. */
function passForAnother(road: WholeRoad): () => void {
  const ledger = (sql: string, ...values: readonly string[]) => {
    using database = new DatabaseSync(road.settings.ledger.file)
    return database.prepare(sql).get(...values)
  }
  const envelope = String(ledger('select envelope from entry where id = 1')?.['envelope'])
  const write = (written: string) => ledger('update entry set envelope = ? where id = 1 returning id', written)
  write(JSON.stringify({ ...JSON.parse(envelope), fingerprint: 'another', messageId: '<another@example.org>' }))
  return () => void write(envelope)
}

async function story(options: BrowserContextOptions): Promise<void> {
  const { road, daemon: running, address } = await daemon()
  await using browser = await launch()
  const page = await browser.newPage({ locale: 'en-GB', ...options })
  page.setDefaultTimeout(LONG / 3)
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  const follow = (name: string) => page.getByRole('link', { name, exact: true }).click()
  const find = async (words: string): Promise<void> => {
    await page.goto(`${address}mails`)
    await page.getByRole('searchbox').fill(words)
    await press('Search')
    await expectFits(page)
    await page.locator('.mails a').click()
    await expectFits(page)
  }

  await page.goto(address)
  await expectFits(page)
  await page.getByLabel('Your name').fill('Ada')
  await page.getByLabel('Token').fill(TOKEN)
  await press('Sign in')
  expect(await page.textContent('main')).toContain('Suspended sites')
  await expectFits(page)

  await find('facture ete')
  expect(await page.textContent('main')).toContain('the subject names no ticket number')
  await follow('Try again')
  await expectFits(page)
  await page.getByLabel('Ticket number').fill('nonsense')
  await press('Try again')
  expect(await page.getByRole('alert').textContent()).toContain('does not look like a ticket number')
  await page.getByLabel('Ticket number').fill('i161026_000006')
  await press('Try again')
  expect(await page.getByRole('status').textContent()).toContain('It will be tried again')

  await find('I161026_000005')
  await follow('Hold')
  await press('Hold')
  expect(await page.getByRole('status').textContent()).toBe('It is held.')
  await settled(running, '1', 'Held')
  await follow('Download the mail (.eml)')
  await expectFits(page)
  const [download] = await Promise.all([page.waitForEvent('download'), press('Download the mail (.eml)')])
  expect(download.suggestedFilename()).toBe('mail-1.eml')
  const [held] = await road.imap.folder('Mailclip.Held')
  expect(await readFile(await download.path())).toEqual(held?.raw)
  // As if the folder had been numbered anew, and another mail had the number of this one.
  const itself = passForAnother(road)
  await press('Download the mail (.eml)')
  expect(await page.textContent('main')).toContain('not where it was filed any more')
  itself()

  await page.goto(address)
  await follow('Try again now')
  await expectFits(page)
  await press('Try again now')
  await settled(running, '2', 'Delivered')
  expect(road.desk.received.map(({ ticket, name }) => [ticket, name])).toEqual([['I161026_000006', 'Facture été.txt']])

  await find('log a.txt')
  await follow('Release')
  await expectFits(page)
  await press('Release')
  await settled(running, '1', 'Delivered')
  await page.reload()
  await expectFits(page)
  const told = await page.textContent('main')
  for (const line of ['Ada set it aside', 'Ada took a copy of the mail', 'Ada released it', 'on the ticket'])
    expect(told).toContain(line)
  expect(road.desk.received.map(({ name }) => name)).toEqual(['Facture été.txt', 'a.txt'])
  expect((await road.trace('2')).join('\n')).toContain('Ada asked to try again, for ticket I161026_000006')
  await press('Sign out')
  await page.goto(address)
  expect(await page.textContent('h1')).toBe('Sign in to mailclip')
}

describeWithBrowser('a person at the support desk', () => {
  describeWithDovecot('with a browser', () => {
    test(
      'finds a mail, has it tried for another ticket, holds one, takes a copy, lets a desk try again, and releases it',
      () => story({ viewport: DESKTOP }),
      LONG,
    )
    test(
      'does all of it on a phone without JavaScript, and nothing is wider than the screen',
      () => story({ viewport: PHONE, javaScriptEnabled: false, colorScheme: 'dark' }),
      LONG,
    )
  })

  test(
    'meets pages that are accessible in both languages and schemes, fit the screen, and break no rule of their own policy',
    async () => {
      const { status: server } = await status({ kept: full() })
      await using browser = await launch()
      for (const [viewport, colorScheme, locale] of [
        [DESKTOP, 'light', 'en'],
        [PHONE, 'dark', 'fr'],
      ] as const) {
        const page = await browser.newPage({ viewport, colorScheme, locale, bypassCSP: true })
        page.setDefaultTimeout(LONG / 3)
        for (const path of ['', 'mails', 'mails/2', 'mails/2/retry', 'sign-in']) {
          await page.goto(`${server.url}${path}`)
          expect(await page.getAttribute('html', 'lang')).toBe(locale)
          await expectFits(page)
          await expectAccessible(page)
        }
      }
      expect(await complaints(browser, server.url)).toEqual([])
    },
    LONG,
  )
})

/** What a browser says that keeps to our policy: of what was not allowed, and of scripts that failed. */
async function complaints(browser: Browser, url: string): Promise<readonly string[]> {
  const heard: string[] = []
  const page = await browser.newPage()
  page.on('console', message => heard.push(message.text()))
  page.on('pageerror', error => heard.push(String(error)))
  for (const path of ['', 'mails', 'mails/2']) await page.goto(`${url}${path}`)
  return heard
}

async function expectFits(page: Page): Promise<void> {
  const widest = await page.evaluate<number>('document.documentElement.scrollWidth')
  expect(widest, page.url()).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0)
  // Age tells trouble, and the oldest stand last: nobody should have to push the table aside to see them.
  const hidden =
    'Array.from(document.querySelectorAll(".ages"), one => one.scrollWidth - one.parentElement.clientWidth)'
  expect(Math.max(0, ...(await page.evaluate<number[]>(hidden))), page.url()).toBe(0)
}

/** Something of everything, long names and foreign scripts among it. */
function full() {
  const attachments = (['delivered', 'refused', 'skipped', 'uncertain', 'pending', 'begun'] as const).flatMap(state =>
    mailRow().attachments.map(one => ({ ...one, state, reason: 'a reason', name: `${'überlang'.repeat(20)}.pdf` })),
  )
  const mails = [
    mailRow(),
    mailRow({
      id: '2',
      state: 'held',
      code: 'uncertain',
      status: '5.4.4',
      attachments,
      subject: 'ملف طويل '.repeat(30),
    }),
    mailRow({ id: '3', state: 'deferred', subject: '', from: null, ticket: null, attachments: [] }),
  ]
  const counts = { queued: 1, active: 0, deferred: 2, delivered: 9, bounced: 3, discarded: 1, held: 2, ignored: 0 }
  const days = Array.from({ length: 30 }, (_, n) => ({
    from: new Date(NOW.getTime() - (29 - n) * 86_400_000),
    counts,
    toTicket: n === 3 ? undefined : { median: 12_000 * n, slow: 3_600_000 * n },
    waiting: { count: n % 4, oldest: n * 3_600_000 },
  }))
  const site = `desk https://${'long'.repeat(30)}.example` as const
  const rest = {
    since: NOW,
    until: NOW,
    times: 1,
    status: '4.4.1',
    reason: 'no answer',
    credentials: undefined,
  } as const
  const ages = [5, 60, 1440, null].map(upTo => ({ state: 'held', upTo, count: 12_345 }) as const)
  const account = { mailbox: 'support@example.com', seen: 9, delivered: 1, bounced: 2, discarded: 1, held: 1 }
  const accounts = [{ ...account, deferred: 1, waiting: 1, ignored: 0 }]
  const trace = [0, 1, 1, 2].map(attempt => ({ at: NOW.toISOString(), attempt, line: 'ticket: I161026_000005' }))
  return { mails, days, ages, accounts, trace, suspensions: [{ ...rest, site }] }
}
