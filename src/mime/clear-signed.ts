/** Text that is signed in clear by OpenPGP (RFC 9580 §7). */

const BEGIN = '-----BEGIN PGP SIGNED MESSAGE-----'
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----'
const END = '-----END PGP SIGNATURE-----'

/** Lines of armor header (`Hash: SHA256`) between the first line and the text. */
const HEADERS = 10

/**
 * The text without the armor: first line, armor header and signature go, dash-escaping is undone.
 * What stands before and behind stays. A message without its signature stays as it is. Linear time.
 */
export function withoutArmor(text: string): string {
  if (!text.includes(BEGIN)) return text
  const lines = text.split('\n')
  const bare = lines.map(line => line.trimEnd())
  const kept: string[] = []
  let at = 0
  for (let begin = bare.indexOf(BEGIN); begin !== -1; begin = bare.indexOf(BEGIN, begin + 1)) {
    if (begin < at) continue
    const start = startOfText(bare, begin + 1)
    if (start === undefined) continue
    const signature = bare.indexOf(SIGNATURE, start)
    const end = signature === -1 ? -1 : bare.indexOf(END, signature)
    if (end === -1) break
    for (const line of lines.slice(at, begin)) kept.push(line)
    for (const line of lines.slice(start, signature)) kept.push(line.startsWith('- ') ? line.slice(2) : line)
    at = end + 1
  }
  for (const line of lines.slice(at)) kept.push(line)
  return kept.join('\n')
}

/** The index behind the empty line that ends the armor header. */
function startOfText(lines: readonly string[], from: number): number | undefined {
  for (let at = from; at < Math.min(lines.length, from + HEADERS); at += 1) {
    const line = lines[at] ?? ''
    if (line === '') return at + 1
    if (!/^[A-Za-z]{1,30}: /.test(line)) return undefined
  }
  return undefined
}
