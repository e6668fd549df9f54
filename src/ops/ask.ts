/** Asks the status page of a `run` beside us how it is: for health checks of containers and for people. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { getBuiltinModule } from 'node:process'
import { text } from 'node:stream/consumers'

export type Asked = {
  readonly well: boolean
  /** What it said, or why it could not be asked; one line or a few, no mail data. */
  readonly said: string
}

export type AskOptions = {
  /** As configured; an address that means all of them is asked on loopback. */
  readonly host: string
  readonly port: number
  readonly token: string | undefined
  /** Milliseconds for the whole answer. */
  readonly within: number
}

const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** Never rejects: whoever does not answer is not well. */
export async function ask(page: 'health' | 'ready', options: AskOptions): Promise<Asked> {
  const url = addressOf(page, options)
  try {
    // Asked twice a minute in a container: `fetch`, or an import of node:http, would take longer to load than all the rest takes.
    const request = getBuiltinModule('node:http').get(url, {
      headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
      agent: false,
      signal: AbortSignal.timeout(options.within),
    })
    // One that breaks off in the midst of the answer is told by the answer.
    request.on('error', () => undefined)
    const [answer] = (await once(request, 'response')) as [IncomingMessage] // as node:http has it
    return { well: answer.statusCode === 200, said: (await text(answer)).trim() }
  } catch (error) {
    return { well: false, said: `${url} does not answer (${causeOf(error)})` }
  }
}

function addressOf(page: string, { host, port }: AskOptions): string {
  const name = LOOPBACK[host] ?? host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/${page}`
}

/** A code of the system, such as ECONNREFUSED. */
function causeOf(error: unknown): string {
  const { cause, name } = error instanceof Error ? error : { cause: undefined, name: String(error) }
  if (cause instanceof Error) return cause.name
  return error instanceof Error && 'code' in error ? String(error.code) : name
}
