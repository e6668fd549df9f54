/** A ticket as the API shows it: upper-case columns, numbers as strings, `''` for null. */
import { type Call, href } from './call.ts'
import { employee, type Ticket } from './tickets.ts'

const STATUS = {
  'In progress': ['12', '{92DBD6BB-98B4-4D2A-9F7F-5B1F0A1CD4A1}', 'En cours'],
  'On hold': ['7', '{0F6E1C2B-3D0A-4E5C-8F57-6C1BB25A0F4D}', 'Suspendu'],
  Closed: ['8', '{C3D9DFA7-7A21-46C2-B3A3-8BC50C9FF4F3}', 'Clôturé'],
} as const

export function record(call: Call, ticket: Ticket): Readonly<Record<string, unknown>> {
  const own = href(call, ticket)
  const [id, guid, french] = STATUS[ticket.status]
  const person = (mail: string) => ({
    ...employee(mail),
    PHONE_NUMBER: '',
    HREF: mail === '' ? '' : `${call.base}/employees/${employee(mail).EMPLOYEE_ID}`,
  })
  return {
    HREF: own,
    RFC_NUMBER: ticket.number,
    REQUEST_ID: String(ticket.requestId),
    TITLE: ticket.title,
    EXTERNAL_REFERENCE: ticket.externalReference,
    STATUS_ID: id,
    STATUS: {
      STATUS_ID: id,
      STATUS_GUID: guid,
      STATUS_EN: ticket.status,
      STATUS_FR: french,
      HREF: `${call.base}/status/${id}`,
    },
    SUBMIT_DATE_UT: withOffset(ticket.submittedAt),
    END_DATE_UT: ticket.endedAt === undefined ? '' : withOffset(ticket.endedAt),
    LAST_UPDATE: withOffset(ticket.updatedAt),
    MAX_RESOLUTION_DATE_UT: '',
    REQUESTOR: person(ticket.requestor),
    RECIPIENT: person(ticket.recipient),
    DEPARTMENT: { DEPARTMENT_ID: '1', DEPARTMENT_EN: 'Support', HREF: `${call.base}/departments/1` },
    LOCATION: { LOCATION_ID: '1', LOCATION_EN: 'Head office', HREF: `${call.base}/locations/1` },
    CATALOG_REQUEST: {
      SD_CATALOG_ID: '1',
      CODE: 'INC',
      CATALOG_REQUEST_PATH: 'Incidents',
      HREF: `${call.base}/catalog/1`,
    },
    COMMENT: { HREF: `${own}/comment` },
    DESCRIPTION: { HREF: `${own}/description` },
  }
}

/** Dates carry an offset; that it is the clock's own is not promised by the name `_UT`. */
const withOffset = (date: Date): string => date.toISOString().replace('Z', '+00:00')
