/** What every connection has: TLS and sign-in. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { z } from 'zod'
import { key, keyOrNull } from '../key.ts'
import { choice, pem, text } from '../readers.ts'
import { host, proxy, tokenUrl } from '../words.ts'

export const tls = z
  .strictObject({
    ca: keyOrNull(
      pem('a PEM certificate', 'the path of a PEM file', /-----BEGIN (TRUSTED )?CERTIFICATE-----/),
      "Certificate authorities to trust instead of the system's: the path of a PEM file, or `${file:…}`.",
      '/etc/ssl/certs/our-ca.pem',
    ).prefault(null),
    cert: keyOrNull(
      pem('a PEM certificate', 'the path of a PEM file', /-----BEGIN CERTIFICATE-----/),
      'Client certificate.',
      '/run/secrets/client.pem',
    ).prefault(null),
    key: keyOrNull(
      pem('a PEM key', 'the path of a PEM file', /-----BEGIN [A-Z ]*PRIVATE KEY-----/),
      'Key of the client certificate.',
      '/run/secrets/client.key',
    ).prefault(null),
    minVersion: key(choice('TLSv1.2', 'TLSv1.3'), 'Oldest version of TLS to accept.', 'TLSv1.3').prefault('TLSv1.2'),
    servername: keyOrNull(
      host,
      'Name the certificate must bear, where it is not that of the host (a host given by its address).',
      'imap.example.com',
    ).prefault(null),
  })
  .describe('TLS. Certificates are always verified.')

/** Sign-in by OAuth 2.0 (RFC 6749); which keys belong together depends on the provider. */
export const oauth2 = z
  .strictObject({
    provider: key(choice('microsoft', 'google'), 'Whose tokens.', 'microsoft').optional(),
    tenant: key(
      text('a tenant', 'the directory (tenant) id'),
      'Microsoft: directory (tenant) id.',
      'example.onmicrosoft.com',
    ).optional(),
    clientId: key(
      text('a client id', 'the application (client) id'),
      'Application (client) id.',
      '00000000-0000-0000-0000-000000000000',
    ).optional(),
    clientSecret: key(
      text('a secret', 'the client secret'),
      'Client secret.',
      '${file:/run/secrets/oauth2}',
    ).optional(),
    clientCertificate: key(
      pem(
        'a PEM certificate with its key',
        'the path of a PEM file with certificate and key',
        /^(?=[\s\S]*-----BEGIN CERTIFICATE-----)(?=[\s\S]*-----BEGIN [A-Z ]*PRIVATE KEY-----)/,
      ),
      'Microsoft: a PEM file with certificate and private key, instead of a secret.',
      '/run/secrets/oauth2.pem',
    ).optional(),
    refreshToken: key(
      text('a token', 'the refresh token'),
      'Refresh token, for a delegated sign-in.',
      '${file:/run/secrets/refresh}',
    ).optional(),
    serviceAccount: key(
      pem('a key file', 'the path of the JSON key file', /"private_key"/),
      'Google: JSON key file of a service account (its path, or `${file:…}`).',
      '/run/secrets/google.json',
    ).optional(),
    subject: key(
      text('an address', 'the address of the mailbox'),
      'Google: the mailbox to impersonate.',
      'support@example.com',
    ).optional(),
    tokenUrl: key(
      tokenUrl,
      'Token endpoint: of any other provider, or in place of the one the provider is known for.',
      'https://login.example.com/token',
    ).optional(),
    scope: key(
      text('a scope', 'the scope to ask for'),
      'Scope to ask for, in place of the usual one.',
      'imap',
    ).optional(),
    grant: key(
      choice('client_credentials', 'refresh_token'),
      'How a token is asked for, where the other keys leave it open.',
      'refresh_token',
    ).optional(),
    deviceUrl: key(
      tokenUrl,
      'Device authorization endpoint, for mailclip authorize: of any other provider.',
      'https://login.example.com/device',
    ).optional(),
    authorizeUrl: key(
      tokenUrl,
      'Authorization endpoint, for mailclip authorize in a browser: of any other provider.',
      'https://login.example.com/authorize',
    ).optional(),
    sealingKey: key(
      text('a secret', '16 characters or more', value => value.length >= 16),
      'Seals the refresh token that mailclip authorize keeps in the ledger, for a client without a secret of its own.',
      '${file:/run/secrets/sealing}',
    ).optional(),
    ca: key(
      pem('a PEM certificate', 'the path of a PEM file', /-----BEGIN (TRUSTED )?CERTIFICATE-----/),
      'Certificate authorities that the token endpoint is trusted by.',
      '/etc/ssl/certs/our-ca.pem',
    ).optional(),
    proxy: key(proxy, 'Proxy on the way to the token endpoint.', 'http://proxy.example.com:3128').optional(),
  })
  .describe('Sign-in by OAuth 2.0 instead of a password.')
