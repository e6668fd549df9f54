/** The demo where its mail server and its relay are installed: a checkout has them, the package does not (optional peers of package.json). */
import type { DemoOptions } from './demo.ts'
import { EXIT } from './exit.ts'
import { manifest } from './package.ts'
import type { World } from './world.ts'

/** Resolves with what the demo ends with, or with 69 after saying which packages to install. */
export async function demoIfInstalled(options: DemoOptions, world: World): Promise<number> {
  const { peerDependencies: needed } = manifest()
  try {
    return await (await import('./demo.ts')).demo(options, world)
  } catch (error) {
    if (!Object.keys(needed).some(name => isMissing(error, name))) throw error
    const words = Object.entries(needed).map(([name, version]) => `${name}@${version}`)
    world.err.write(
      [
        'mailclip: the demo brings a mail server and a relay that do not come with the package. Beside it, run:',
        `  npm install ${words.join(' ')}`,
        '(with -g where mailclip was installed with it); `npm run demo` in a checkout needs nothing.',
        '',
      ].join('\n'),
    )
    return EXIT.unavailable
  }
}

const isMissing = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`'${name}'`)
