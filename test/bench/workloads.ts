/** What is benchmarked: mails as people send them, the same in every run. */
import { letter, octets, sha256 } from '../support/letters.ts'
import type { Kept } from './desk.ts'

/** Milliseconds that the desk takes for an upload, and for any other request. */
export type Latency = { readonly upload: number; readonly other: number }

export const NONE: Latency = { upload: 0, other: 0 }
const SLOW = 150

export type Workload = {
  readonly name: string
  readonly latency: Latency
  readonly mails: readonly Buffer[]
  /** What the desk must have in the end, once each. */
  readonly files: readonly (Kept & { readonly content: Buffer })[]
  /** Of mailclip, beside what every workload has. */
  readonly settings?: object
  /** No contender but mailclip: the others would not fit the machine. */
  readonly alone?: true
}

/** Built when it is its turn: a workload may be 270 MB of mail. */
export const WORKLOADS: Readonly<Record<string, () => Workload>> = {
  small: () => workload('200 × 100 KB', NONE, 200, n => files(n, 100_000)),
  latency: () =>
    workload('200 × 100 KB, desk at 150 ms an upload', { upload: SLOW, other: 0 }, 200, n => files(n, 100_000)),
  distant: () =>
    workload('200 × 100 KB, desk at 150 ms a request', { upload: SLOW, other: SLOW }, 200, n => files(n, 100_000)),
  large: () => workload('8 × 25 MB', NONE, 8, n => ({ [`scan-${n}.bin`]: octets(25_000_000, n) })),
  many: () =>
    workload(
      '2,000 × 5 KB, half without a number',
      NONE,
      2_000,
      n => files(n, 5_000, 0),
      n => n % 2 === 0,
    ),
  one: () => ({ ...workload('one mail of 5 MB', NONE, 1, n => parts(n, 5_000_000)), alone: true }),
  huge: () => ({
    ...workload('one mail of 500 MB', NONE, 1, n => parts(n, 365_000_000)),
    settings: ROOMY,
    alone: true,
  }),
}

/** Above what mailclip takes unless it is told to. */
const ROOMY = {
  attachments: { maxSize: '100MB', maxMailSize: '600MB' },
  parser: { deadline: '5m' },
}

/** Encoded in base64 files are a third larger; eight of them, because no string of Node.js could hold one of this size. */
const parts = (n: number, size: number): Readonly<Record<string, Buffer>> =>
  Object.fromEntries(Array.from({ length: 8 }, (_, k) => [`scan-${n}-${k}.bin`, octets(size / 8, `${n}/${k}`)]))

/** A file and a short one beside it, as reports and their covering notes come. */
function files(n: number, size: number, beside = 2_000): Readonly<Record<string, Buffer>> {
  const report = { [`report-${n}.bin`]: octets(size, n) }
  return beside === 0 ? report : { ...report, [`note-${n}.bin`]: octets(beside, `note ${n}`) }
}

function workload(
  name: string,
  latency: Latency,
  count: number,
  attached: (n: number) => Readonly<Record<string, Buffer>>,
  numbered: (n: number) => boolean = () => true,
): Workload {
  const all = Array.from({ length: count }, (_, n) => ({
    ticket: ticketOf(n),
    named: numbered(n),
    attachments: attached(n),
  }))
  return {
    name,
    latency,
    mails: all.map(({ ticket, named, attachments }, n) =>
      letter({
        subject: named ? `Report for ${ticket}` : 'The report you asked for',
        attachments,
        messageId: `<${n}@example.org>`,
      }),
    ),
    files: all
      .filter(({ named }) => named)
      .flatMap(({ ticket, attachments }) =>
        Object.entries(attachments).map(([file, content]) => ({
          ticket,
          name: file,
          sha256: sha256(content),
          content,
        })),
      ),
  }
}

const ticketOf = (n: number): string => `I161026_${String(n).padStart(6, '0')}`
