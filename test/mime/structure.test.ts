import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { brokenMail } from './broken-mails.ts'
import { lostFiles } from './lost-files.ts'

test('every file of a mail of which one thing is broken is found, or the mail asks to be held', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-structure-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const property = fc.asyncProperty(brokenMail, async mail => {
    expect([mail.how, ...(await lostFiles(mail, folder)).lost]).toEqual([mail.how])
  })
  await fc.assert(property, { numRuns: 600, endOnFailure: true })
})
