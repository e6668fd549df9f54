/** What the servers were asked, and how long each took to answer: the ports as they are, with an event after every verb. */
import { isFault } from '../mail/fault.ts'
import type { Observe } from './events.ts'
import type { Clock, Desk, Mailbox, Post, Site } from './ports.ts'

export type Stopwatch = { readonly clock: Clock; readonly observe: Observe }

export function timedDesk(desk: Desk, site: Site, watch: Stopwatch): Desk {
  const time = timing(site, watch)
  return {
    site: desk.site,
    list: (...asked) => time('list', () => desk.list(...asked)),
    attach: (...asked) => time('attach', () => desk.attach(...asked)),
    hash: (...asked) => time('download', () => desk.hash(...asked)),
    ticket: (...asked) => time('ticket', () => desk.ticket(...asked)),
  }
}

export function timedMailbox(mailbox: Mailbox, site: Site, watch: Stopwatch): Mailbox {
  const time = timing(site, watch)
  return {
    name: mailbox.name,
    refresh: (...asked) => time('refresh', () => mailbox.refresh(...asked)),
    uids: (...asked) => time('uids', () => mailbox.uids(...asked)),
    sight: (...asked) => time('sight', () => mailbox.sight(...asked)),
    fetch: (...asked) => time('fetch', () => mailbox.fetch(...asked)),
    file: (...asked) => time('file', () => mailbox.file(...asked)),
    find: (...asked) => time('find', () => mailbox.find(...asked)),
  }
}

export function timedPost(post: Post, site: Site, watch: Stopwatch): Post {
  const time = timing(site, watch)
  return { send: (...asked) => time('send', () => post.send(...asked)) }
}

/** Connecting, where that was needed, is part of the time. A failure is told with its status; what nobody foresaw is 4.3.0. */
const timing =
  (site: Site, { clock, observe }: Stopwatch) =>
  async <T>(verb: string, ask: () => Promise<T>): Promise<T> => {
    const from = clock.now().getTime()
    const ms = (): number => clock.now().getTime() - from
    try {
      const answer = await ask()
      observe({ kind: 'asked', site, verb, status: '2.0.0', ms: ms() })
      return answer
    } catch (error) {
      observe({ kind: 'asked', site, verb, status: isFault(error) ? error.status : '4.3.0', ms: ms() })
      throw error
    }
  }
