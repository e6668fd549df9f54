/**
 * Small mails rebuilt after public bug reports of this trade: what is wrong in each, and what becomes of it here. The values were judged one by
 * one: a change of one of them is a change of what users see.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { PreviewRow } from '../../src/cli/preview-row.ts'
import { configured, mailclip, rows } from '../support/process.ts'

type Case = {
  readonly file: string
  /** The public report of the fault. */
  readonly report: string
  readonly wrong: string
  readonly outcome: string
  readonly code: string
  /** Those that go; the first sixteen digits of the hash. */
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[]
  readonly description: string
  readonly notice: boolean
}

const cases: readonly Case[] = JSON.parse(readFileSync(new URL('./expected.json', import.meta.url), 'utf8'))
const mails = fileURLToPath(new URL('./mails', import.meta.url))
const SETTINGS = {
  mailboxes: [{ host: '127.0.0.1', security: 'plain', user: 'support@example.com', password: 'x' }],
  desk: { url: 'http://127.0.0.1:9/api/v1/1', user: 'mailclip', password: 'x' },
  notices: { from: 'support@example.com', smtp: { host: '127.0.0.1', port: 9, security: 'plain' } },
}

let previewed: Promise<ReadonlyMap<string, PreviewRow>> | undefined

/** One process reads all of them, for the first test that asks. */
function preview(): Promise<ReadonlyMap<string, PreviewRow>> {
  previewed ??= previewAll()
  return previewed
}

async function previewAll(): Promise<ReadonlyMap<string, PreviewRow>> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-cases-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const config = await configured(folder, SETTINGS)
  const files = cases.map(({ file }) => join(mails, file))
  const { out } = await mailclip(['preview', '--json', '--config', config, ...files])
  // The product contract says so.
  const all = rows(out) as readonly Readonly<Record<string, unknown>>[] as readonly PreviewRow[]
  return new Map(all.map(row => [row.file.slice(mails.length + 1), row]))
}

describe('a mail that other programs got wrong is read as people meant it', () => {
  test.each(cases)('$file: $wrong', async ({ file, report: _report, wrong: _wrong, ...expected }) => {
    const row = (await preview()).get(file)
    const files = row?.attachments
      .filter(({ state }) => state === 'delivered')
      .map(({ name, size, sha256 }) => ({ name, size, sha256: sha256.slice(0, 16) }))
    const { outcome, code, description } = row ?? {}
    expect({ outcome, code, files, description, notice: row?.notice !== null }).toEqual(expected)
  })
})
