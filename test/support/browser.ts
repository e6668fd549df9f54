/** A real Chromium without a window: Debian's, driven by playwright-core, with axe to look for what keeps people out. */
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { describe, expect } from 'vitest'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** The first Chromium on the PATH. */
export const browserPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap(folder => NAMES.map(name => join(folder, name)))
  .find(isExecutable)

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** `describe` where a Chromium is installed; elsewhere skipped loudly, and an error where `CI` is set. */
export function describeWithBrowser(name: string, tests: () => void): void {
  const remedy = `Chromium is not installed (apt-get install chromium): "${name}" proves nothing here`
  if (browserPath === undefined && process.env['CI']) throw new Error(remedy)
  if (browserPath === undefined) process.stderr.write(`SKIPPED: ${remedy}\n`)
  describe.skipIf(browserPath === undefined)(name, tests)
}

/** Ended by its disposal. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    // Whoever asks for a browser has looked whether there is one.
    ...(browserPath === undefined ? {} : { executablePath: browserPath }),
    // Root may not use the sandbox, and small machines have a small /dev/shm.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })

export const DESKTOP = { width: 1280, height: 900 } as const
export const PHONE = { width: 390, height: 844 } as const

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe complains of, with the elements: nothing, on a page of ours. The page must allow our script (`bypassCSP`). */
export async function expectAccessible(page: Page): Promise<void> {
  await page.addScriptTag({ path: AXE })
  const violations = await page.evaluate(async () => {
    // Put there by the line above.
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }
    const results = await axe.run()
    return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' | ')}`)
  })
  expect(violations, page.url()).toEqual([])
}

type AxeResults = {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}
