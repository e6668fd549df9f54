/** Every route of the desk, and which one a path means. */
import { forbidden, json } from './answers.ts'
import { type Handler, say } from './call.ts'
import { download, list, remove, upload } from './documents.ts'
import { addAction, addTask, change, create, endAction, memo, restart, view } from './requests.ts'
import { searchEmployees, searchRequests } from './search.ts'

export type Route = {
  /** `POST /requests/:rfc/documents`. */
  readonly name: string
  readonly method: string
  readonly path: readonly string[]
  readonly handler: Handler
}

export type Found = { readonly route: Route; readonly parameters: Readonly<Record<string, string>> }

const swagger: Handler = (call, desk) => {
  if (desk.switches().swagger === 403) return say(forbidden())
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { method, path } of ROUTES) {
    const pattern = `/${path.map(segment => segment.replace(/^:(.*)/, '{$1}')).join('/')}`
    paths[pattern] = { ...paths[pattern], [method.toLowerCase()]: { responses: { default: { description: '' } } } }
  }
  const info = { title: 'EasyVista', version: '1', description: 'Easyvista Service Manager REST API - 2025.3' }
  return say(json(201, { openapi: '3.0.0', info, servers: [{ url: call.base }], paths }))
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET /swagger': swagger,
  'GET /requests': searchRequests,
  'POST /requests': create,
  'GET /requests/:rfc': view,
  'PUT /requests/:rfc': change,
  'PUT /requests/:rfc/restart': restart,
  'PATCH /requests/:rfc/restart': restart,
  'GET /requests/:rfc/comment': memo('comment'),
  'GET /requests/:rfc/description': memo('description'),
  'POST /requests/:rfc/tasks': addTask,
  'POST /requests/:rfc/actions': addAction,
  'PUT /actions/:rfc': endAction,
  'GET /requests/:rfc/documents': list,
  'POST /requests/:rfc/documents': upload,
  'GET /requests/:rfc/documents/:id': download,
  'DELETE /requests/:rfc/documents/:id': remove,
  'GET /documents/:id': download,
  'DELETE /documents/:id': remove,
  'GET /employees': searchEmployees,
}

const ROUTES: readonly Route[] = Object.entries(HANDLERS).map(([name, handler]) => {
  const [method = '', path = ''] = name.split(' ')
  return { name, method, path: path.slice(1).split('/'), handler }
})

export const ROUTE_NAMES: readonly string[] = Object.keys(HANDLERS)

/** The route of a path below `/api/v1/ACCOUNT`, segments decoded; words of the path are taken in any case. */
export function routeOf(method: string, path: readonly string[]): Found | undefined {
  for (const route of ROUTES) {
    if (route.method !== method || route.path.length !== path.length) continue
    const parameters: Record<string, string> = {}
    const fits = route.path.every((segment, at) => {
      const given = path[at] ?? ''
      if (!segment.startsWith(':')) return segment.toLowerCase() === given.toLowerCase()
      parameters[segment.slice(1)] = given
      return given !== ''
    })
    if (fits) return { route, parameters }
  }
  return undefined
}
