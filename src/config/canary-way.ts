/** How a canary goes: through the relay of the first mailbox's notices to its user, else straight into its folder. */
import type { MailboxSettings } from './schema.ts'

export type CanaryWay = { readonly by: 'relay' | 'folder'; readonly from: string; readonly to: string }

/** A user that is no address can only be reached in the mailbox itself. */
export function canaryWay({ user, host, notices }: Pick<MailboxSettings, 'user' | 'host' | 'notices'>): CanaryWay {
  const to = user.includes('@') ? user : `${user.replace(/[^\w.+-]/g, '-')}@${host}`
  return notices !== null && user.includes('@')
    ? { by: 'relay', from: notices.from.address, to }
    : { by: 'folder', from: to, to }
}
