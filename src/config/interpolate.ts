/** `${env:NAME}` and `${file:/path}` in the strings of a configuration. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant

/** A file as the reader found it. `open` = everybody on this machine may read it. */
export type FoundFile = { readonly text: string; readonly open: boolean }

/** Reads a small text file; throws what node:fs throws. */
export type ReadText = (path: string) => FoundFile

export type Sources = {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly read: ReadText
}

export type Interpolated = {
  readonly text: string
  /** Something was put in. */
  readonly changed: boolean
  /** What is wrong; never a value. */
  readonly wrong: readonly string[]
  /** Files with secrets that everybody may read. */
  readonly open: readonly string[]
}

/** Replaces every `${…}`; `$${` stands for `${`. The last line end of a file is dropped, as editors and `echo` add one. */
export function interpolate(template: string, sources: Sources): Interpolated {
  const wrong: string[] = []
  const open: string[] = []
  let changed = false
  const text = template.replace(/\$\$\{|\$\{([^}]*)\}|\$\{/g, (whole, inner: string | undefined) => {
    if (whole === '$${') return '${'
    changed = true
    const found = lookUp(inner, sources)
    if ('wrong' in found) wrong.push(found.wrong)
    else if (found.open !== undefined) open.push(found.open)
    return 'wrong' in found ? '' : found.text
  })
  return { text, changed, wrong, open }
}

/** What reading a file failed with, in words. */
export function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  const why = { ENOENT: 'there is no such file', EACCES: 'this user may not read it', EISDIR: 'it is a folder' }[code]
  return `the file ${path} cannot be read: ${why ?? code}`
}

type LookedUp = { readonly text: string; readonly open: string | undefined } | { readonly wrong: string }

function lookUp(inner: string | undefined, { environment, read }: Sources): LookedUp {
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(inner ?? '') ?? []
  if (name !== undefined) {
    const text = environment[name]
    return text === undefined
      ? { wrong: `the environment has no variable ${name}; set it, or write the value here` }
      : { text, open: undefined }
  }
  const [, path] = /^file:(.+)$/.exec(inner ?? '') ?? []
  // Not shown: what was meant to be a password may well hold these characters.
  if (path === undefined)
    return {
      wrong: 'has a ${ that is neither ${env:NAME} nor ${file:/path}; write $${ for the two characters themselves',
    }
  return readInto(path, read)
}

function readInto(path: string, read: ReadText): LookedUp {
  try {
    const { text, open } = read(path)
    return { text: text.replace(/\r?\n$/, ''), open: open && !path.startsWith('/run/secrets/') ? path : undefined }
  } catch (error) {
    return { wrong: `${unreadable(path, error)}; mend the path or its rights` }
  }
}
