/** Installs the packages that package-lock.json names, when they are not there yet; runs on any Node from 18, without packages. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}node_modules/.mailclip-lock`
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error']

if (installed()) process.stdout.write('packages: as locked\n')
else {
  process.stdout.write('packages: installing, this takes a minute …\n')
  // npm ci refuses a lock that leaves out what is optional on other platforms; npm install takes the same locked versions.
  const strict = npm('ci')
  const { status, stdout, stderr } = strict.status === 0 ? strict : npm('install', '--no-save')
  if (status === 0) writeFileSync(stamp, wanted)
  else {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}\nsetup: the packages could not be installed\n`)
    process.exitCode = status || 1
  }
}

/** Packages put there by hand (`npm install`) count when npm's own record of them is as new as the lock. */
function installed() {
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === wanted
  return sameTree(`${root}node_modules/.package-lock.json`)
}

/** npm's record lists what is installed on this machine: the lock without what is optional elsewhere. */
function sameTree(record) {
  if (!existsSync(record)) return false
  const there = JSON.parse(readFileSync(record, 'utf8')).packages
  const named = Object.entries(JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')).packages)
  return named.every(([path, one]) => path === '' || one.optional || there[path]?.integrity === one.integrity)
}

function npm(...words) {
  return spawnSync('npm', [...words, ...QUIET], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
}
