/** The defaults as settings, for commands that need no configuration (`preview FILE`). */
import { parseSettings } from './parse.ts'
import type { Settings } from './schema.ts'

/** Every default, with one mailbox, desk and relay that are nowhere: good for rules, never for connections. */
export const defaultSettings = (): Settings =>
  parseSettings({
    mailboxes: [{ name: 'preview', host: 'mailbox.invalid', user: 'support@mailbox.invalid', password: 'none' }],
    desk: { url: 'https://desk.invalid/api/v1/0', token: 'none' },
    notices: { from: 'support@mailbox.invalid', smtp: { host: 'relay.invalid' } },
  })
