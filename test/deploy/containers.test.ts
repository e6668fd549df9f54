import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { validate } from 'dockerfile-utils'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { CronJob } from 'kubernetes-models/batch/v1/CronJob'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import { Secret } from 'kubernetes-models/v1/Secret'
import { Service } from 'kubernetes-models/v1/Service'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { parseSettings } from '../../src/config/parse.ts'
import { command, emptyFolder, ROOT } from '../support/bench.ts'

const textOf = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8')
const { version, engines } = JSON.parse(await textOf('package.json'))
/** Of the configuration, by default. */
const DRAIN = 30

/** The settings of a container, where its secrets lie in this folder. */
function settingsOf(text: string, folder: string) {
  const asked: string[] = []
  const read = (path: string) => {
    asked.push(path)
    return { text: 'secret\n', open: true }
  }
  const settings = parseSettings(text, { read, environment: {} })
  return { settings, secrets: asked.map(path => path.replace(`${folder}/`, '')).sort() }
}

test('the Dockerfile has no fault that a linter knows, and the rules that matter', async () => {
  const text = await textOf('Dockerfile')
  expect(validate(text)).toEqual([])
  const lines = text.replaceAll('\\\n', ' ').split('\n')
  const of = (instruction: string) => lines.filter(line => line.startsWith(`${instruction} `))
  const [, tag = ''] = /^ARG NODE_IMAGE=node:(\S+)$/m.exec(text) ?? []
  expect(tag).toMatch(/^\d+\.\d+\.\d+-\w+(-\w+)?$/)
  expect(Number.parseInt(tag, 10)).toBeGreaterThanOrEqual(Number(engines.node.replace('>=', '')))
  expect(of('FROM').every(line => /^FROM \$\{NODE_IMAGE\}( AS \w+)?$/.test(line))).toBe(true)
  const final = lines.slice(lines.findLastIndex(line => line.startsWith('FROM ')))
  const user = final.indexOf('USER 1000:1000')
  expect(user).toBeGreaterThan(0)
  expect(final.slice(user).filter(line => /^(RUN|COPY|USER root)/.test(line))).toEqual([])
  for (const line of of('RUN').filter(one => /npm (ci|install)/.test(one))) expect(line).toContain('npm ci')
  for (const line of of('RUN').filter(one => one.includes('npm ci'))) expect(line).toContain('--ignore-scripts')
  for (const word of ['ENTRYPOINT', 'CMD', 'VOLUME']) expect(of(word)[0]).toMatch(/^\w+ \[".*"\]$/)
  expect(text).toMatch(/^HEALTHCHECK .*CMD \["mailclip", "health"\]$/m)
  expect(text).not.toMatch(/^ADD |:latest|sudo |curl |apt-get/m)
})

test('a Dockerfile with a fault is found out', () => {
  expect(validate('FROM node\nEXPOSE 99999x\n')).not.toEqual([])
})

/** The Compose specification's schema and a linter's rules; ours is an order of keys that reads downhill, and an image that is built here. */
async function compose(text: string): Promise<string> {
  const folder = await emptyFolder()
  await writeFile(join(folder, 'docker-compose.yaml'), text)
  const disabled = ['no-build-and-image', 'service-keys-order'].flatMap(rule => ['--disable-rule', rule])
  const words = ['docker-compose.yaml', '--color=false', '--max-warnings=0', ...disabled]
  const { code, out, err } = await command(folder, join(ROOT, 'node_modules/.bin/dclint'), ...words)
  return code === 0 ? '' : out + err
}

test('the compose file is right by the Compose specification, and runs mailclip with nothing it does not need', async () => {
  const text = await textOf('deploy/docker-compose.yaml')
  expect(await compose(text)).toBe('')
  const file = parse(text)
  const { mailclip } = file.services
  expect(mailclip).toMatchObject({
    image: `mailclip:${version}`,
    user: '1000:1000',
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'unless-stopped',
  })
  expect(Number.parseInt(mailclip.stop_grace_period, 10)).toBeGreaterThanOrEqual(DRAIN + 10)
  expect(mailclip.volumes).toEqual(['data:/app/data', './mailclip.yaml:/app/config/mailclip.yaml:ro'])
  expect(mailclip.ports).toEqual(['127.0.0.1:8025:8025'])
  expect(mailclip.environment).toBeUndefined()
  expect(await compose(text.replace('read_only', 'read_ony'))).toContain('must NOT have additional properties')
})

test('the compose file gives the configuration beside it the secrets it reads, each by a file', async () => {
  const file = parse(await textOf('deploy/docker-compose.yaml'))
  const { settings, secrets } = settingsOf(await textOf('deploy/mailclip.yaml'), '/run/secrets')
  expect(settings.warnings).toEqual([])
  expect(settings.status).toMatchObject({ host: '0.0.0.0', port: 8025, token: 'secret' })
  expect([...file.services.mailclip.secrets].sort()).toEqual(secrets)
  expect(Object.keys(file.secrets).sort()).toEqual(secrets)
})

const KINDS = { ConfigMap, CronJob, Deployment, PersistentVolumeClaim, Secret, Service } as const
type Manifest = { readonly kind: keyof typeof KINDS; readonly metadata: { readonly name: string } }

async function manifests(file: string): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await textOf(`deploy/kubernetes/${file}.yaml`))
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
  return documents.map(document => document.toJS() as Manifest)
}

/** Throws what the schema of the cluster's API would refuse. */
const checked = ({ kind, ...rest }: Manifest): void => new KINDS[kind](rest as never).validate()

test.each([
  ['config', ['ConfigMap', 'PersistentVolumeClaim']],
  ['secret.example', ['Secret']],
  ['deployment', ['Deployment', 'Service']],
  ['cronjob', ['CronJob']],
])('deploy/kubernetes/%s.yaml is right by the schemas of Kubernetes', async (file, kinds) => {
  const all = await manifests(file)
  expect(all.map(({ kind }) => kind)).toEqual(kinds)
  for (const one of all) expect(() => checked(one)).not.toThrow()
  const [first] = all
  expect(() =>
    checked({ ...first, spec: { replicas: 'many', schedule: 5 }, data: 5, stringData: 5 } as never),
  ).toThrow()
})

type Pod = {
  readonly securityContext: object
  readonly terminationGracePeriodSeconds: number
  readonly automountServiceAccountToken: boolean
  readonly volumes: readonly object[]
  readonly containers: readonly {
    readonly image: string
    readonly args: readonly string[]
    readonly securityContext: object
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
    readonly [probe: string]: unknown
  }[]
}

/** Deployment and CronJob run the same pod but for what they say to it. */
async function pods(): Promise<readonly [daemon: Pod, sweep: Pod]> {
  const [deployment] = (await manifests('deployment')) as never as [{ spec: { template: { spec: Pod } } }]
  const [cronjob] = (await manifests('cronjob')) as never as [
    { spec: { jobTemplate: { spec: { template: { spec: Pod } } } } },
  ]
  return [deployment.spec.template.spec, cronjob.spec.jobTemplate.spec.template.spec]
}

test('the pods are nobody, write nothing but their disk, and are waited for', async () => {
  for (const pod of await pods()) {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(DRAIN + 10)
    const [container] = pod.containers
    expect(container).toMatchObject({
      image: `mailclip:${version}`,
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    })
    const places = container?.volumeMounts.map(({ mountPath }) => mountPath)
    expect(places).toEqual(['/app/config/mailclip.yaml', '/run/secrets/mailclip', '/app/data', '/tmp'])
  }
})

test('the daemon is probed on pages that need no token, and a sweep is never two at once', async () => {
  const [daemon, sweep] = await pods()
  expect(daemon.containers[0]).toMatchObject({
    args: ['run'],
    livenessProbe: { httpGet: { path: '/health', port: 'status' } },
    readinessProbe: { httpGet: { path: '/ready', port: 'status' } },
    startupProbe: { httpGet: { path: '/health', port: 'status' } },
  })
  expect(sweep.containers[0]?.args).toEqual(['sweep'])
  const [deployment] = await manifests('deployment')
  expect(deployment).toMatchObject({ spec: { replicas: 1, strategy: { type: 'Recreate' } } })
  const [cronjob] = await manifests('cronjob')
  expect(cronjob).toMatchObject({ spec: { concurrencyPolicy: 'Forbid', jobTemplate: { spec: { backoffLimit: 0 } } } })
})

test('the ConfigMap is a sound configuration, and the example Secret holds what it reads', async () => {
  const [map] = (await manifests('config')) as never as [{ data: { 'mailclip.yaml': string } }]
  const { settings, secrets } = settingsOf(map.data['mailclip.yaml'], '/run/secrets/mailclip')
  expect(settings.warnings).toEqual([])
  const [secret] = (await manifests('secret.example')) as never as [{ stringData: Readonly<Record<string, string>> }]
  expect(Object.keys(secret.stringData).sort()).toEqual(secrets)
})
