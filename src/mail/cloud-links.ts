/**
 * Links to files that people send in place of the file, and what gateways put there while they
 * check it.
 */

/** `path`: the form of a path to a file or folder. Other pages of the same host differ. */
type Service = { readonly name: string; readonly host: RegExp; readonly path: RegExp }

const ANY = /^\/./

/** Hosts as a URL has them: lower case, whole. Add a service here. */
const SERVICES: readonly Service[] = [
  {
    name: 'OneDrive',
    host: /^(?:1drv\.(?:ms|com)|(?:[a-z\d-]+\.)?onedrive\.live\.com|[a-z\d-]+-my\.sharepoint\.(?:com|cn|de|us))$/,
    path: ANY,
  },
  {
    name: 'SharePoint',
    host: /^[a-z\d-]+\.sharepoint\.(?:com|cn|de|us)$/,
    path: /^\/:[a-z]:\/|\/_layouts\/15\/(?:onedrive|guestaccess|download|doc|wopiframe)/i,
  },
  { name: 'Google Drive', host: /^drive\.google\.com$/, path: /^\/(?:file|drive|open|uc|folderview|a)\b/ },
  {
    name: 'Google Drive',
    host: /^docs\.google\.com$/,
    path: /^\/(?:a\/[^/]{1,100}\/)?(?:document|spreadsheets|presentation|drawings|file|uc|open)\b/,
  },
  { name: 'Dropbox', host: /^(?:www\.)?dropbox\.com$/, path: /^\/(?:s|sh|scl|t|l|transfer|request)\// },
  { name: 'Dropbox', host: /^(?:db\.tt|dl\.dropboxusercontent\.com)$/, path: ANY },
  { name: 'WeTransfer', host: /^we\.tl$/, path: ANY },
  { name: 'WeTransfer', host: /^(?:[a-z\d-]+\.)?wetransfer\.com$/, path: /^\/downloads\// },
  { name: 'iCloud', host: /^(?:www\.)?icloud\.com(?:\.cn)?$/, path: /^\/(?:attachment|iclouddrive)\b/ },
  { name: 'iCloud', host: /^share\.icloud\.com$/, path: ANY },
  { name: 'Box', host: /^(?:[a-z\d-]+\.){0,2}box\.com$/, path: /^\/(?:s|v|file|folder|shared)\// },
  { name: 'SwissTransfer', host: /^(?:www\.)?swisstransfer\.com$/, path: /^\/(?:[a-z]{2}(?:-[a-z]{2})?\/)?d\// },
  { name: 'Smash', host: /^(?:[a-z\d-]+\.)?fromsmash\.com$/, path: ANY },
  { name: 'TransferNow', host: /^(?:www\.)?transfernow\.net$/, path: /^\/(?:[a-z]{2}\/)?(?:dl|d|bld)\b/ },
  { name: 'MEGA', host: /^mega\.(?:nz|io)$/, path: /^\/(?:file|folder)\// },
  { name: 'Filemail', host: /^(?:[a-z\d-]+\.)?filemail\.com$/, path: /^\/[dt]\// },
  { name: 'GrosFichiers', host: /^(?:www\.)?grosfichiers\.com$/, path: ANY },
  { name: 'Free Transfert', host: /^transfert\.free\.fr$/, path: ANY },
  { name: 'FileSender', host: /^filesender\.[a-z\d.-]+$/, path: ANY },
  { name: 'Nextcloud', host: /./, path: /\/index\.php\/s\/[A-Za-z\d]{15}(?:\/|$)/ },
]

/** Characters of a text and links in it that are looked at. */
const SEARCHED = 200_000
const LINKS = 500

/** With a scheme, or without one where only a host looks so. Lengths are capped: linear time. */
const LINK =
  /https?:\/\/[^\s<>"'[\](){}|\\^`]{1,2000}|(?<![\w.@/-])(?:we\.tl|1drv\.ms|db\.tt|(?:www\.)?dropbox\.com|drive\.google\.com)\/[\w!/?=&.%~-]{2,2000}/gi

/**
 * The service of the first link to a file in a text (`OneDrive`), undefined when there is none. The
 * text is that of the mail without its quoted history; the links of HTML stand in it in brackets.
 */
export function cloudLinkIn(text: string): string | undefined {
  const links = text.slice(0, SEARCHED).matchAll(LINK)
  for (const [link] of links.take(LINKS)) {
    const url = URL.parse(/^https?:/i.test(link) ? link : `https://${link}`)
    const service = url === null ? undefined : serviceOf(unwrapped(url))
    if (service !== undefined) return service
  }
  return undefined
}

const serviceOf = ({ hostname, pathname, search }: URL): string | undefined =>
  SERVICES.find(({ host, path }) => host.test(hostname) && path.test(`${pathname}${search}`))?.name

/**
 * The link that a gateway wrote its own around: Safe Links of Microsoft, URL Defense of Proofpoint,
 * Google.
 */
function unwrapped(url: URL): URL {
  const { hostname, searchParams, href } = url
  const inner = /\.safelinks\.protection\.outlook\.com$/.test(hostname)
    ? searchParams.get('url')
    : hostname === 'www.google.com' && url.pathname === '/url'
      ? (searchParams.get('q') ?? searchParams.get('url'))
      : hostname === 'urldefense.com'
        ? (/\/v3\/__(https?:.{1,1500}?)__/.exec(href)?.[1] ?? null)
        : null
  return (inner === null ? null : URL.parse(inner)) ?? url
}

/**
 * What stands in place of a file that Safe Attachments of Microsoft has not finished checking
 * (Dynamic Delivery).
 */
export const isBeingChecked = (text: string): boolean =>
  /\bATP Scan In Progress\b|\bSafe Attachments Scan In Progress\b|\battachments? (?:is|are) (?:still )?being (?:scanned|checked) (?:by|for) (?:Safe Attachments|Advanced Threat Protection|Microsoft Defender)/i.test(
    text.slice(0, SEARCHED),
  )
