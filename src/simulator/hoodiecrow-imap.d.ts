/** What we use of hoodiecrow-imap 2.1, which ships no types. */
declare module 'hoodiecrow-imap' {
  import type { Server, Socket } from 'node:net'

  type Folder = {
    readonly path: string
    readonly messages: readonly { readonly uid: number; readonly flags: readonly string[] }[]
  }

  type Hoodiecrow = {
    readonly server: Server & { on(event: 'connection', listener: (socket: Socket) => void): unknown }
    /** By path. */
    readonly folderCache: Readonly<Record<string, Folder>>
    getMailbox(path: string): Folder | undefined
    createMailbox(path: string): void
    formatInternalDate(date: Date): string
    /** `raw`: an octet per character. */
    appendMessage(path: string, flags: readonly string[], internalDate: string, raw: string): void
    listen(port: number, host: string, listening: () => void): void
    close(closed: () => void): void
  }

  type Options = {
    readonly plugins: readonly string[]
    readonly users: Readonly<Record<string, { readonly password: string }>>
    readonly storage: Readonly<Record<string, object>>
  }

  const hoodiecrow: (options: Options) => Hoodiecrow
  export = hoodiecrow
}
