/** A desk simulator for one test, and the plainest of clients to talk to it. */
import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { type DeskSimulator, type DeskSimulatorOptions, startDeskSimulator } from '../../src/simulator/desk/start.ts'

export const TICKET = 'I161026_000005'

export const BASIC = `Basic ${Buffer.from('mailclip:s3cret').toString('base64')}`

/** Request options with one more field: the credentials are ours unless others are given. */
export type Asking = RequestInit & { readonly authorization?: string | undefined }

export type Started = {
  readonly desk: DeskSimulator
  /** Asks below `/api/v1/50004`. */
  ask(path: string, options?: Asking): Promise<Response>
  /** Asks the simulator itself, from the root. */
  root(path: string, options?: RequestInit): Promise<Response>
}

export async function started(options: Partial<DeskSimulatorOptions> = {}): Promise<Started> {
  const desk = await startDeskSimulator({ user: 'mailclip', password: 's3cret', tickets: 'any', ...options })
  onTestFinished(() => desk.close())
  return {
    desk,
    ask: (path, { authorization = BASIC, ...more } = {}) =>
      fetch(`${desk.url}${path}`, { redirect: 'manual', ...more, headers: { authorization, ...more.headers } }),
    root: (path, more = {}) => fetch(new URL(path, desk.page), more),
  }
}

export type Sample = { readonly name: string; readonly content: Buffer }

export const sample = (name = 'photo.jpg', content: Buffer = randomBytes(1000)): Sample => ({ name, content })

/** An upload as multipart/form-data, as the standard client writes it. */
export function asForm(files: readonly Sample[], description?: string, field = 'documents'): RequestInit {
  const body = new FormData()
  if (description !== undefined) body.append('description', description)
  for (const { name, content } of files) body.append(field, new Blob([Uint8Array.from(content)]), name)
  return { method: 'POST', body }
}

/** The same as JSON with base64. */
export function asJson(files: readonly Sample[], description?: string): RequestInit {
  const documents = files.map(({ name, content }) => ({ filedata: content.toString('base64'), filename: name }))
  return sending('POST', { ...(description === undefined ? {} : { description }), documents })
}

export const sending = (method: string, value: unknown): RequestInit => ({
  method,
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json' },
})

export const ENCODINGS = [
  ['form-data', asForm],
  ['JSON', asJson],
] as const

/** JSON whose shape the test is about to look at. */
// biome-ignore lint/suspicious/noExplicitAny: an answer is what it is; the assertions say what it should be
export const read = async (response: Response | Promise<Response>): Promise<any> => (await response).json()
