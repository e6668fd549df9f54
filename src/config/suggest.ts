/** Which known key a mistyped one was probably meant to be. */

/** The nearest candidate, where it is near enough to be a typing mistake or a longer name of the same thing (`username`). */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const given = word.toLowerCase()
  const ranked = candidates
    .map(candidate => ({ candidate, distance: distance(given, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(given.length / 3))) return best.candidate
  const within = candidates.filter(candidate => candidate.length >= 4 && given.includes(candidate.toLowerCase()))
  return within.find(candidate => given.startsWith(candidate.toLowerCase())) ?? within[0]
}

/** Levenshtein, with two neighbours swapped counted as one (Damerau). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, swapped))
    }
  }
  return at(a.length, b.length)
}
