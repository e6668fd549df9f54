/** A scripted desk, the adapter that speaks to it, and files to attach: fresh for each test. */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { EasyVista, type EasyVistaOptions } from '../../src/desk/desk.ts'
import type { Attachment } from '../../src/mail/dispatch.ts'
import { Fault } from '../../src/mail/fault.ts'
import type { TicketNumber } from '../../src/mail/subject.ts'
import { type ScriptedDeskOptions, scriptedDesk } from '../support/desk.ts'

export const TICKET = 'I161026_000005' as TicketNumber
export const NOW = new Date('2026-03-04T05:06:07Z')

export type Setup = Awaited<ReturnType<typeof setup>>

export async function setup(options: Partial<EasyVistaOptions> = {}, scripted: ScriptedDeskOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-desk-'))
  const desk = await scriptedDesk(onTestFinished, scripted)
  const easyVista = adapter({ url: desk.url, user: desk.user, password: desk.password, ...options })
  onTestFinished(() => rm(folder, { recursive: true, force: true }))

  /** A file in the spool and the attachment that describes it. */
  const spooled = async (bytes: Buffer, more: Partial<Attachment> = {}) => {
    const file = join(folder, `part-${Math.random()}`)
    await writeFile(file, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const described = { part: '2', name: 'a.bin', originalName: undefined, type: 'application/pdf' }
    const attachment: Attachment = { ...described, size: bytes.length, sha256, ...more }
    return { file, attachment }
  }
  const attach = async (
    bytes: Buffer,
    more: Partial<Attachment> = {},
    description = 'Please see the file.',
    signal = new AbortController().signal,
  ): Promise<void> => {
    const { file, attachment } = await spooled(bytes, more)
    await easyVista.attach(TICKET, attachment, file, description, signal)
  }
  return { desk, easyVista, folder, spooled, attach, signal: new AbortController().signal }
}

/** Deadlines far away, so that only what a test is about can end a request. */
export function adapter(options: Partial<EasyVistaOptions>): EasyVista {
  const easyVista = new EasyVista(
    {
      url: 'http://127.0.0.1:9/api/v1/50004',
      encoding: 'multipart',
      timeout: 20_000,
      stall: 20_000,
      maxUpload: 60_000,
      concurrency: 4,
      tls: {},
      closedStatuses: [],
      ...options,
    },
    { now: () => NOW },
  )
  onTestFinished(() => easyVista[Symbol.asyncDispose]())
  return easyVista
}

/** The fault a promise rejects with; anything else fails the test. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const outcome = await promise.then(
    value => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome && outcome.error instanceof Fault) return outcome.error
  throw new Error('no fault', { cause: outcome })
}

/** What the open descriptors of this process point to, as far as it begins so. */
export async function openFilesIn(beginning: string): Promise<readonly string[]> {
  const descriptors = await readdir('/proc/self/fd')
  const paths = await Promise.all(descriptors.map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return paths.filter(path => path.startsWith(beginning))
}
