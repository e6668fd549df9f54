/** What comes with the program beside its modules: it lies where package.json does, in a checkout, a package and an image alike. */
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { join } from 'node:path'

const MANIFEST = findPackageJSON(import.meta.url) ?? 'package.json'

/** The path of one of its own files, as `package.json` would write it. */
export const ours = (file: string): string => join(MANIFEST, '..', file)

/** As far as it is read; it is our own, and a test installs it. */
export type Manifest = { readonly version: string; readonly peerDependencies: Readonly<Record<string, string>> }

export const manifest = (): Manifest => JSON.parse(readFileSync(MANIFEST, 'utf8')) as Manifest
