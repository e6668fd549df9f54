/** Which mails there are in the open folder, as far as the server can be believed. */
import type { SearchObject } from 'imapflow'
import { Fault } from '../mail/fault.ts'
import type { Link } from './session.ts'

/** Ascending. Fault 4.2.0 scope `mailbox` when the search is refused, or names fewer mails than there are. */
export async function uidsAbove(link: Link, after: number): Promise<readonly number[]> {
  const above = after > 0 ? await found(link, { uid: `${after + 1}:*` }) : []
  // `n:*` always names the last mail, even below n (RFC 9051 §9, seq-range): where it names none, there is none, or the answer was not understood.
  const isAnswer = above.length > 0 || (after > 0 && existing(link) === 0)
  const named = isAnswer ? above : await allOf(link)
  return named.filter(uid => uid > after).toSorted((a, b) => a - b)
}

async function found({ client, refusal }: Link, query: SearchObject): Promise<readonly number[]> {
  const uids = await client.search(query, { uid: true })
  if (!Array.isArray(uids)) throw new Fault('4.2.0', `the search was refused: ${refusal()}`, { scope: 'mailbox' })
  return uids
}

/**
 * The library passes over an answer that it cannot parse, and a server may leave some out (RFC 9738): fewer than there are is no answer. Asked again,
 * because mails may come and go in the meantime.
 */
async function allOf(link: Link, tries = 3): Promise<readonly number[]> {
  const before = existing(link)
  const uids = await found(link, { all: true })
  const there = Math.min(before, existing(link))
  if (uids.length >= there) return uids
  if (tries > 1) return allOf(link, tries - 1)
  throw new Fault('4.2.0', `the server has ${there} mails in the folder and names ${uids.length}`, { scope: 'mailbox' })
}

const existing = ({ client }: Link): number => (client.mailbox === false ? 0 : client.mailbox.exists)
