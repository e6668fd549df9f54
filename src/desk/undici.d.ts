/** Those files of undici that are loaded by themselves. A pool has no `request` and its like then: the package's main file gives it those. */

declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici'

  type HttpPool = Pick<Pool, 'dispatch' | 'destroy' | 'on'>
  const HttpPool: new (...options: ConstructorParameters<typeof Pool>) => HttpPool
  export default HttpPool
}

declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici'
}
