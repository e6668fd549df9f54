/** Takes known secrets out of text, in the shapes in which they leak: raw, base64 (also inside a longer base64), URL-encoded. */

const MASK = '[redacted]'
/** Shorter pieces of base64 would be found in everything. */
const SHORTEST_PIECE = 6
const TELLING_KEY = /pass(?:word|wd|phrase)?$|secret|token|authorization|cookie|credential|api[-_]?key|private[-_]?key/i

/** Whether what a key of this name holds is never printed, whatever it is. */
export const isTelling = (key: string): boolean => TELLING_KEY.test(key)

/** A function that masks every occurrence of every secret, longest first; also user and password in URLs. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const shapes = [...new Set(secrets.flatMap(shapesOf))].sort((a, b) => b.length - a.length)
  const pattern = shapes.length === 0 ? undefined : new RegExp(shapes.map(escaped).join('|'), 'g')
  return text => {
    const masked = pattern === undefined ? text : text.replace(pattern, MASK)
    return masked.replace(/(:\/\/)[^/?#@\s"']*:[^/?#@\s"']*@/g, `$1${MASK}@`)
  }
}

function shapesOf(secret: string): readonly string[] {
  if (secret.length === 0) return []
  const url = encodeURIComponent(secret.toWellFormed())
  const strict = url.replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return [secret, url, strict, url.replaceAll('%20', '+'), ...encodedPieces(Buffer.from(secret))]
}

/** What is sure to stand in any base64 of octets around it: a secret begins at one of three places within its groups of three. */
function encodedPieces(octets: Buffer): readonly string[] {
  return [0, 1, 2].flatMap(shift => {
    const text = Buffer.concat([Buffer.alloc(shift), octets]).toString('base64')
    const from = Math.ceil((shift * 8) / 6)
    const piece = text.slice(from, Math.floor(((shift + octets.length) * 8) / 6))
    if (piece.length < SHORTEST_PIECE) return []
    return [piece, piece.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
