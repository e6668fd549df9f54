/** What comes with the program beside its modules: it lies where package.json does, in a checkout, a package and an image alike. */
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { join } from 'node:path'

/** As far as it is read; it is our own, and a test installs it. */
export type Manifest = { readonly version: string; readonly peerDependencies: Readonly<Record<string, string>> }

export const manifest = (): Manifest => JSON.parse(readFileSync(ours('package.json'), 'utf8')) as Manifest

/** The path of one of its own files, from where package.json lies. */
export function ours(file: string): string {
  const own = findPackageJSON(import.meta.url)
  // A stranger's, from the folder we were started in, would be worse than none.
  if (own === undefined) throw new Error('mailclip was installed without its package.json')
  return join(own, '..', file)
}
