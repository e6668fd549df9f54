/** Reads the configuration from disk; the only file of this room that touches it. */
import { readFileSync, statSync } from 'node:fs'
import { type FoundFile, unreadable } from './interpolate.ts'
import { ConfigurationMistakes } from './mistakes.ts'
import { parseSettings } from './parse.ts'
import type { Settings } from './schema.ts'
import { DEFAULT_FILE } from './where.ts'

/**
 * The settings of a YAML file, checked as a whole. Throws ConfigurationMistakes (78) with every mistake in one message.
 * Files named in it are read now, once; relative paths are relative to the working directory.
 */
export function loadSettings(file: string, environment: Readonly<Record<string, string | undefined>>): Settings {
  const { text, open } = readConfiguration(file)
  return parseSettings(text, { file, environment, read: readText, open })
}

function readConfiguration(file: string): FoundFile {
  try {
    return readText(file)
  } catch (error) {
    const remedy =
      file === DEFAULT_FILE
        ? 'copy config/example.plain-imap.yaml there and fill it in, or name another with --config'
        : 'name the right one with --config or $MAILCLIP_CONFIG'
    throw new ConfigurationMistakes(
      [{ path: [], line: undefined, text: `${unreadable(file, error)}; ${remedy}` }],
      file,
    )
  }
}

/** World-readable by its mode; what lies in a folder that others may not enter is told all the same. */
function readText(path: string): FoundFile {
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  return { text, open: (statSync(path).mode & 0o004) !== 0 }
}
