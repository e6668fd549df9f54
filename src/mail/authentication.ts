/** Whether the sender is who the From field says: what the receiving server wrote down of DMARC (RFC 8601, RFC 7489). */
import { domainOf } from './address.ts'
import type { Header } from './header.ts'

/** One Authentication-Results field. */
export type Verdict = {
  /** The authserv-id, lower case; `none` where the server leaves it out, as Exchange Online does; undefined when the field cannot be read. */
  readonly server: string | undefined
  /** The From domain that its one `dmarc=pass` speaks of, lower case ASCII; undefined for anything else. */
  readonly passed: string | undefined
}

export type Authentication = {
  /** The domain of the one From address, lower case ASCII; undefined when there is not exactly one. */
  readonly author: string | undefined
  /** Top-most first: whoever handled the mail last wrote on top. */
  readonly verdicts: readonly Verdict[]
}

/** Fields that are kept; further down nothing of the receiving server's can stand. */
const VERDICTS = 10

/** What a header says of it, whoever wrote that; whom to believe is for `unauthenticated` to say. */
export function authenticationIn({ from, authors, fields }: Header): Authentication {
  const domain = authors === 1 ? from?.address.slice(from.address.lastIndexOf('@') + 1) : undefined
  return {
    author: domain === undefined ? undefined : domainOf(domain),
    verdicts: (fields.get('authentication-results') ?? []).slice(0, VERDICTS).map(verdictIn),
  }
}

/**
 * Why a mail does not count as authenticated; undefined when it does. Of the servers that are trusted only the top-most field counts:
 * what stands below it may have come with the mail. One that cannot be read might be theirs, spoilt on purpose.
 */
export function unauthenticated(
  { author, verdicts }: Authentication = { author: undefined, verdicts: [] },
  trusted: readonly string[],
): string | undefined {
  if (author === undefined) return 'it has not exactly one From address'
  const ids = new Set(trusted.map(plainId))
  const verdict = verdicts.find(({ server }) => server === undefined || ids.has(server))
  if (verdict === undefined) return 'no trusted server has written Authentication-Results'
  if (verdict.server === undefined) return 'Authentication-Results cannot be read'
  if (verdict.passed === undefined) return `${verdict.server} does not say dmarc=pass`
  return verdict.passed === author ? undefined : `dmarc=pass of ${verdict.server} is about another domain`
}

/** RFC 8601 §2.2. Reads at most 16,000 characters. */
export function verdictIn(value: string): Verdict {
  const pieces = piecesOf(value.slice(0, LONGEST))
  const [head = [], ...rest] = pieces ?? []
  const [id = '', version = '1', ...more] = head
  if (pieces === undefined || id === '' || value.length > LONGEST) return UNREADABLE
  const left = head.includes('=')
  if (!left && (version !== '1' || more.length > 0)) return UNREADABLE
  const results = (left ? pieces : rest).filter(
    ([method, mark]) => mark === '=' && /^dmarc(?:\/1)?$/i.test(method ?? ''),
  )
  const [only = []] = results
  return { server: left ? 'none' : plainId(id), passed: results.length === 1 ? passedIn(only) : undefined }
}

const LONGEST = 16_000
const UNREADABLE: Verdict = { server: undefined, passed: undefined }

/** `dmarc = pass`, and the one `header.from` beside it. */
function passedIn(words: readonly string[]): string | undefined {
  if (words[2]?.toLowerCase() !== 'pass') return undefined
  const named = words.flatMap((word, at) =>
    word.toLowerCase() === 'header.from' && words[at + 1] === '=' ? [words[at + 2] ?? ''] : [],
  )
  const [domain] = named
  return domain === undefined || named.length > 1 ? undefined : domainOf(domain.slice(domain.lastIndexOf('@') + 1))
}

const plainId = (id: string): string => domainOf(id) ?? id.toLowerCase()

/** The parts between semicolons, each as words and `=`; comments (RFC 5322 §3.2.2) are left out. Undefined when something is left open. */
function piecesOf(value: string): readonly (readonly string[])[] | undefined {
  const pieces: string[][] = [[]]
  let depth = 0
  for (let at = 0; at < value.length; ) {
    const pattern = depth > 0 ? COMMENT : TOKEN
    pattern.lastIndex = at
    const [token] = pattern.exec(value) ?? []
    if (token === undefined) return undefined
    at += token.length
    if (token === '(') depth += 1
    else if (depth > 0) depth -= token === ')' ? 1 : 0
    else if (token === ';') pieces.push([])
    else if (token.startsWith('"')) pieces.at(-1)?.push(unquoted(token))
    else if (token.trim() !== '') pieces.at(-1)?.push(token)
  }
  return depth > 0 ? undefined : pieces
}

/** A bracket that closes nothing, and a quotation mark without its fellow, fit neither. */
const TOKEN = /\s+|"(?:[^"\\]|\\.)*"|[(;=]|[^\s"();=]+/sy
const COMMENT = /\\.|[()]|[^()\\]+|\\$/sy

/** A quoted mark is no mark. */
const unquoted = (token: string): string => token.slice(1, -1).replace(/\\(.)/gs, '$1').replace(/^=$/, '')
