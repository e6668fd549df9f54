/** The virus scanner: does it answer? Whether it knows what is new is its own affair. */
import { Clamd, type ClamdAddress } from '../../antivirus/clamd.ts'
import { failBy, PATIENCE, type Report, report } from './finding.ts'

export async function checkScanner(address: ClamdAddress): Promise<Report> {
  const clamd = new Clamd(address)
  const to = report(`antivirus ${clamd.site}`)
  try {
    await clamd.ping(AbortSignal.timeout(PATIENCE))
    to.ok('answer', 'clamd answers')
  } catch (error) {
    const where = 'path' in address ? `LocalSocket ${address.path}` : `TCPSocket ${address.port} on ${address.host}`
    failBy(
      to,
      'answer',
      error,
      () =>
        `start clamd and let it listen on ${where} (clamd.conf), or correct attachments.antivirus; until it answers nothing is attached`,
    )
  }
  return to
}
