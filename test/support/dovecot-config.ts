/** The dovecot.conf of a test server. */
import type { DovecotOptions } from './dovecot.ts'

/** What Dovecot 2.3 names after login. */
const CAPABILITIES =
  'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT THREAD=REFERENCES MULTIAPPEND UNSELECT CHILDREN NAMESPACE UIDPLUS ' +
  'LIST-EXTENDED CONDSTORE QRESYNC ESEARCH SEARCHRES WITHIN LIST-STATUS BINARY MOVE LITERAL+'

/** Dovecot serves no mail that belongs to root. */
export type MailUser = { readonly name: string; readonly group: string }

export type Setting = DovecotOptions & {
  readonly root: string
  readonly port: number
  readonly mailUser: MailUser
  /** `any`: whoever knows the password of a name (`passwordOf`) has an account; otherwise the passwd file tells. */
  readonly accounts?: 'any'
}

export const passwordOf = (user: string): string => `correct-horse-of-${user}`

export function configuration({ root, port, mailUser, accounts, ...options }: Setting): string {
  const { separator = '.', prefix = '', security = 'plain', without = [], config = '' } = options
  const kept = CAPABILITIES.split(' ').filter(name => !without.includes(name))
  const listeners = { plain: [port, 0], starttls: [port, 0], tls: [0, port] } as const
  const [imap, imaps] = listeners[security]
  return `
base_dir = ${root}/run
state_dir = ${root}/state
log_path = ${root}/log
protocols = imap
listen = 127.0.0.1
default_internal_group = ${mailUser.group}
default_login_user = ${mailUser.name}
default_internal_user = ${mailUser.name}
first_valid_uid = 1
mail_uid = ${mailUser.name}
mail_gid = ${mailUser.group}
mail_home = ${root}/mail/%u
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = no
${security === 'plain' ? 'ssl = no' : `ssl = yes\nssl_cert = <${root}/cert.pem\nssl_key = <${root}/key.pem`}
${without.length === 0 ? '' : `imap_capability = ${kept.join(' ')}`}
namespace inbox {
  inbox = yes
  separator = ${separator}
  prefix = ${prefix}
}
passdb {
  ${accounts === 'any' ? `driver = static\n  args = password=${passwordOf('%u')}` : `driver = passwd-file\n  args = ${root}/passwd`}
}
userdb {
  driver = static
  args = uid=${mailUser.name} gid=${mailUser.group} home=${root}/mail/%u
}
service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
  }
}
service imap {
  service_count = 1000
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
${config}
`
}
