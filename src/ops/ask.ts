/** Asks the status page of a `run` beside us how it is: for health checks of containers and for people. */

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
    const response = await fetch(url, {
      headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(options.within),
    })
    return { well: response.ok, said: (await response.text()).trim() }
  } catch (error) {
    return { well: false, said: `${url} does not answer (${causeOf(error)})` }
  }
}

function addressOf(page: string, { host, port }: AskOptions): string {
  const name = LOOPBACK[host] ?? host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/${page}`
}

/** fetch hides what happened in its cause. */
function causeOf(error: unknown): string {
  const { cause, name } = error instanceof Error ? error : { cause: undefined, name: String(error) }
  return cause instanceof Error && 'code' in cause ? String(cause.code) : name
}
