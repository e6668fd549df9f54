/** Tickets: view, search, create, change, act on; as far as clients that attach documents can tell. */
import { type Answer, json, notFound, refused } from './answers.ts'
import { Malformed, readJson, TooLarge } from './body.ts'
import { type Call, type Deed, type Desk, type Handler, href, say, ticketOf } from './call.ts'
import { type Fields, objectIn, textIn, withLowerKeys } from './fields.ts'
import { record } from './records.ts'
import type { Ticket } from './tickets.ts'

/** `GET /requests/:rfc`. */
export const view: Handler = (call, desk) => ({
  apply: () => {
    const ticket = ticketOf(call, desk)
    return ticket === undefined ? notFound(desk.switches()) : json(200, record(call, ticket))
  },
})

/** `GET /requests/:rfc/comment` and `…/description`: memo fields are fetched apart. */
export const memo =
  (field: 'comment' | 'description'): Handler =>
  (call, desk) => ({
    apply: () => {
      const ticket = ticketOf(call, desk)
      if (ticket === undefined) return notFound(desk.switches())
      return json(200, { HREF: `${href(call, ticket)}/${field}`, [field.toUpperCase()]: ticket[field] })
    },
  })

/** `POST /requests`: one ticket per call; of several only the first is created. */
export const create: Handler = async (call, desk) => {
  const body = await fieldsOf(call, desk)
  if ('apply' in body) return body
  const list = body.fields['requests']
  const wanted = Array.isArray(list) ? withLowerKeys(list[0]) : undefined
  const switches = desk.switches()
  if (wanted === undefined) return say(refused(switches, 'requests is missing'))
  if (textIn(wanted, 'catalog_guid') === '' && textIn(wanted, 'catalog_code') === '') {
    return say(refused(switches, '=(1,35) expected token:( * + - CATALOG'))
  }
  const recipient = textIn(wanted, 'recipient_mail')
  if (recipient !== '' && desk.tickets.employee(recipient) === undefined) {
    return say(json(406, { error: 'Recipient not found or outside of your domains' }))
  }
  return {
    apply: () => {
      const ticket = desk.tickets.create(switches.format, {
        title: textIn(wanted, 'title'),
        comment: textIn(wanted, 'description'),
        requestor: textIn(wanted, 'requestor_mail') || recipient,
        recipient,
        externalReference: textIn(wanted, 'external_reference').slice(0, 50),
      })
      call.note({ ticket: ticket.number })
      if (switches.createFails) return refused(switches, '=(1,35) expected token:( * + - FIELD')
      return json(201, { HREF: href(call, ticket) })
    },
  }
}

/** `PUT /requests/:rfc`: close, restart, suspend, comment, title. What it does not know it ignores. */
export const change: Handler = (call, desk) =>
  changing(call, desk, (fields, _ticket, now) => {
    const restarted = objectIn(fields, 'restarted')
    if (objectIn(fields, 'closed') !== undefined) return { status: 'Closed', endedAt: now }
    if (objectIn(fields, 'suspended') !== undefined) return { status: 'On hold' }
    if (restarted !== undefined) return textIn(restarted, 'comment') === '' ? undefined : REOPENED
    const changed = {
      ...('description' in fields ? { comment: textIn(fields, 'description') } : {}),
      ...('comment' in fields ? { comment: textIn(fields, 'comment') } : {}),
      ...('title' in fields ? { title: textIn(fields, 'title') } : {}),
    }
    return Object.keys(changed).length === 0 ? undefined : changed
  })

/** `PUT` or `PATCH /requests/:rfc/restart`. */
export const restart: Handler = (call, desk) => changing(call, desk, () => REOPENED)

const REOPENED: Partial<Ticket> = { status: 'In progress', endedAt: undefined }

/** `POST /requests/:rfc/tasks`, flat: the action is born ended, so its text shows. */
export const addTask: Handler = (call, desk) =>
  acting(call, desk, fields => {
    if (textIn(fields, 'action_type_id') === '' || !hasGroup(fields)) return 'Action type or group is missing'
    return { text: textIn(fields, 'description'), open: false }
  })

/** `POST /requests/:rfc/actions`, wrapped: born open, and it needs one open parent. */
export const addAction: Handler = (call, desk) =>
  acting(call, desk, (fields, ticket) => {
    const action = objectIn(fields, 'action')
    if (action === undefined || textIn(action, 'action_type_id') === '' || !hasGroup(action)) {
      return 'Action type or group is missing'
    }
    const open = ticket.actions.filter(one => one.open)
    const parent = textIn(action, 'parent_action_id')
    if (parent !== '' && !open.some(({ id }) => String(id) === parent)) return 'Parent action not found or incorrect'
    if (parent === '' && open.length === 0) return 'Parent action not found or incorrect'
    if (parent === '' && open.length > 1) return 'Ambiguous query'
    return { text: textIn(action, 'description'), open: true }
  })

/** `PUT /actions/:rfc`: ends every open action. */
export const endAction: Handler = (call, desk) =>
  changing(call, desk, (fields, ticket) =>
    objectIn(fields, 'end_action') === undefined
      ? undefined
      : { actions: ticket.actions.map(action => ({ ...action, open: false })) },
  )

const hasGroup = (fields: Fields): boolean => Object.keys(fields).some(key => /^group_(id|mail|name)$/.test(key))

type Change = (fields: Fields, ticket: Ticket, now: Date) => Partial<Ticket> | undefined

async function changing(call: Call, desk: Desk, changed: Change): Promise<Deed> {
  const body = await fieldsOf(call, desk)
  if ('apply' in body) return body
  return withTicket(call, desk, ticket => {
    const change = changed(body.fields, ticket, desk.now())
    if (change === undefined) {
      return refused(desk.switches(), 'Nothing to update (check fieldnames, if wrong they are ignored) - ')
    }
    desk.tickets.put({ ...ticket, ...change })
    return json(200, { HREF: href(call, ticket) })
  })
}

type NewAction = (fields: Fields, ticket: Ticket) => { readonly text: string; readonly open: boolean } | string

async function acting(call: Call, desk: Desk, made: NewAction): Promise<Deed> {
  const body = await fieldsOf(call, desk)
  if ('apply' in body) return body
  return withTicket(call, desk, ticket => {
    const action = made(body.fields, ticket)
    if (typeof action === 'string') return refused(desk.switches(), action)
    const id = Math.max(0, ...ticket.actions.map(one => one.id)) + 1
    desk.tickets.put({ ...ticket, actions: [...ticket.actions, { id, ...action }] })
    return json(201, { HREF: href(call, ticket) })
  })
}

const withTicket = (call: Call, desk: Desk, then: (ticket: Ticket) => Answer): Deed => ({
  apply: () => {
    const ticket = ticketOf(call, desk)
    return ticket === undefined ? notFound(desk.switches()) : then(ticket)
  },
})

async function fieldsOf(call: Call, desk: Desk): Promise<{ readonly fields: Fields } | Deed> {
  try {
    const fields = withLowerKeys(await readJson(call.request))
    return fields === undefined ? say(refused(desk.switches(), 'Syntax error')) : { fields }
  } catch (error) {
    if (error instanceof Malformed || error instanceof TooLarge) return say(refused(desk.switches(), 'Syntax error'))
    throw error
  }
}
