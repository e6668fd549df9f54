/**
 * `npm run prove:structure [runs] [seed]`: mails with files in them, of which one structural thing is broken. Each file of the unbroken mail
 * is found byte for byte, or the mail gives a reason to hold it. 20,000 runs unless told otherwise.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { brokenMail } from '../mime/broken-mails.ts'
import { lostFiles } from '../mime/lost-files.ts'

const [runs = '20000', seed] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'mailclip-structure-'))
const counts = new Map<string, [runs: number, held: number]>()
try {
  await fc.assert(
    fc.asyncProperty(brokenMail, async broken => {
      const { lost, held } = await lostFiles(broken, folder)
      const how = broken.how.replace(/:.*/, '')
      const [all, before] = counts.get(how) ?? [0, 0]
      counts.set(how, [all + 1, before + (held ? 1 : 0)])
      if (lost.length > 0) {
        await writeFile(join(tmpdir(), 'mailclip-structure.eml'), broken.raw)
        throw new Error(
          `${broken.how}: ${lost.length} of ${broken.files.length} files are lost; the mail is in ${join(tmpdir(), 'mailclip-structure.eml')}`,
        )
      }
    }),
    { numRuns: Number(runs), ...(seed === undefined ? {} : { seed: Number(seed) }), endOnFailure: true },
  )
  for (const [how, [all, held]] of [...counts].sort())
    process.stdout.write(`${how}: ${all} mails, ${held} of them held\n`)
  process.stdout.write(`${runs} broken mails: every file was found, or its mail is held\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
