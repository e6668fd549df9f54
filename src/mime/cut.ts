/**
 * The body without quoted history and signature, and whether the mail is a forward, of which
 * nothing is cut.
 */
import type { BodyText } from '../mail/part.ts'
import { kindOfSubject } from './forward.ts'
import { withoutHistory } from './history.ts'
import { withoutSignature } from './signature.ts'

/**
 * In doubt nothing is cut: what the sender wrote below or between quotes stays. Linear time.
 * `recipients` are the addresses in To and Cc of the mail. Where they are given, a mail without a
 * prefix in its subject whose header block names another sender than them is a forward.
 */
export function cutBody(whole: string, subject: string, recipients: readonly string[] = []): BodyText {
  const lines = mended(whole.replace(/\r\n?/g, '\n')).split('\n')
  const { own, forwarded, sender } = withoutHistory(lines)
  const kind = kindOfSubject(subject)
  const cut = withoutSignature(own).join('\n').trim()
  const isForward = kind === 'forward' || forwarded || (kind === undefined && isOfOther(sender, recipients))
  return { whole, cut, forwarded: isForward }
}

/** Without a fold before the last `>` of an address, and without the mark of an add-on (U+1427). */
const mended = (text: string): string =>
  text.replace(/(<[^\s<>@]{1,254}@[^\s<>]{1,254})\n>:/g, '$1>:').replace(/^ᐧ$/gmu, '')

/** The block has an address, and the mail goes to none of it. */
function isOfOther(sender: string | undefined, recipients: readonly string[]): boolean {
  const address = /[^\s<>()[\]"@:,;]{1,64}@[^\s<>()[\]"@,;]{1,190}/.exec(sender?.slice(0, 500) ?? '')?.[0].toLowerCase()
  return address !== undefined && recipients.length > 0 && !recipients.some(one => one.toLowerCase() === address)
}
