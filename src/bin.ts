#!/usr/bin/env node
/** The first file that is read: where Node.js is too old for the rest, it says so instead of failing in the middle of a word. */

/** As `engines` of package.json has it. */
const NEEDED = 24
/** sysexits' EX_CONFIG: what mailclip is installed on has to be mended. */
const CONFIGURATION = 78

// A daemon that is stopped while its rooms are still being read has begun nothing: an orderly end, too. Its own stop takes over (cli/stopping.ts).
if (process.argv.includes('run'))
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(0)
    })

if (Number.parseInt(process.versions.node, 10) >= NEEDED) await import('./main.ts')
else {
  process.stderr.write(`mailclip: needs Node.js ${NEEDED} or newer; this is ${process.versions.node}\n`)
  process.exitCode = CONFIGURATION
}
