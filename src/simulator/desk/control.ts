/** The simulator's own routes, which the real desk does not have: faults, mode, journal, tickets. */
import type { IncomingMessage } from 'node:http'
import { Malformed, readJson, TooLarge } from './body.ts'
import { type DeskFault, type Faults, readFaults } from './faults.ts'
import { asJson, type Journal } from './journal.ts'
import { readSwitches, type Switches } from './switches.ts'
import type { Ticket, Tickets } from './tickets.ts'

export type Controls = {
  readonly faults: Faults
  readonly journal: Journal
  readonly tickets: Tickets
  readonly switches: () => Switches
  readonly set: (change: Partial<Switches>) => void
}

export type Reply = { readonly status: number; readonly body: string }

/** Serves `/_simulator/…`: JSON in, JSON out; 400 says what is wrong with what was sent. */
export async function control(request: IncomingMessage, url: URL, controls: Controls): Promise<Reply> {
  const name = `${request.method} ${url.pathname}`
  try {
    switch (name) {
      case 'GET /_simulator/faults':
        return reply(200, controls.faults.list())
      case 'PUT /_simulator/faults':
        controls.faults.set(await faultsIn(request))
        return reply(200, controls.faults.list())
      case 'DELETE /_simulator/faults':
        controls.faults.set([])
        return reply(200, [])
      case 'GET /_simulator/mode':
        return reply(200, controls.switches())
      case 'PUT /_simulator/mode':
        controls.set(readSwitches(objectFrom(await readJson(request))))
        return reply(200, controls.switches())
      case 'GET /_simulator/journal':
        return reply(200, controls.journal.rows(since(url.searchParams.get('since'))))
      case 'GET /_simulator/tickets':
        return reply(200, controls.tickets.all().map(shown))
      default:
        return reply(404, { error: `no ${name} here` })
    }
  } catch (error) {
    if (error instanceof RangeError || error instanceof Malformed) return reply(400, { error: error.message })
    if (error instanceof TooLarge) return reply(413, { error: 'at most 1 MiB' })
    throw error
  }
}

const reply = (status: number, value: unknown): Reply => ({ status, body: `${asJson(value)}\n` })

const faultsIn = async (request: IncomingMessage): Promise<readonly DeskFault[]> => readFaults(await readJson(request))

function objectFrom(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new RangeError('the mode is an object of switches')
}

/** A row number, or a time. */
function since(text: string | null): number | Date | undefined {
  if (text === null || text === '') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new RangeError(`since is a row number or a time, not ${text}`)
  return time
}

const shown = ({ number, title, endedAt, documents }: Ticket) => ({
  number,
  title,
  closed: endedAt !== undefined,
  documents: documents.map(({ id, name, description, storedAt, kept: { size, sha256 } }) => ({
    id,
    name,
    size,
    sha256,
    description,
    storedAt,
  })),
})
