import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { authenticationIn, unauthenticated } from '../../src/mail/authentication.ts'
import { headerOf } from '../support/header.ts'

const TRUSTED = ['mx.corp.example']
const boss = 'From: The Boss <boss@corp.example>'
const pass = 'Authentication-Results: mx.corp.example; dmarc=pass header.from=corp.example'
const fail =
  'Authentication-Results: mx.corp.example; spf=pass smtp.mailfrom=evil.example; dmarc=fail header.from=corp.example'

const doubtOf = (lines: readonly string[], trusted: readonly string[] = TRUSTED): string | undefined =>
  unauthenticated(authenticationIn(headerOf(lines)), trusted)

describe('a sender is believed', () => {
  test.each([
    ['by a plain pass', [pass, boss]],
    [
      'with other results before it',
      [`${pass.replace('; dmarc', '; spf=pass smtp.mailfrom=x@a.example; dkim=pass header.d=a.example; dmarc')}`, boss],
    ],
    [
      'with comments and folds',
      [
        'Authentication-Results: (ours) mx.corp.example (really; dmarc=fail);\r\n\tdmarc=pass (p=reject; (nested) dis=none)\r\n header.from=corp.example',
        boss,
      ],
    ],
    ['with a version', ['Authentication-Results: mx.corp.example 1; dmarc=pass header.from=corp.example', boss]],
    [
      'with the version of the method',
      ['Authentication-Results: mx.corp.example; dmarc/1=pass header.from=corp.example', boss],
    ],
    [
      'in another case',
      ['AUTHENTICATION-RESULTS: MX.Corp.Example; DMARC=Pass Header.From=CORP.example', 'from: boss@Corp.EXAMPLE'],
    ],
    [
      'with a quoted id and value',
      [
        'Authentication-Results: "mx.corp.example"; dmarc=pass reason="a; \\"b\\" dmarc=fail" header.from="corp.example"',
        boss,
      ],
    ],
    [
      'with blanks around the mark',
      ['Authentication-Results: mx.corp.example ; dmarc = pass header.from = corp.example', boss],
    ],
    [
      'by a domain in letters',
      [
        'Authentication-Results: mx.corp.example; dmarc=pass header.from=bücher.example',
        'From: x@xn--bcher-kva.example',
      ],
    ],
    ['though a server behind ours wrote on top', ['Authentication-Results: store.corp.example; auth=pass', pass, boss]],
    ['though somebody else claims a failure below', [pass, fail, boss]],
    ['with a comma in the display name', [pass, 'From: "Boss, The <x@evil.example>" <boss@corp.example>']],
  ])('%s', (_how, lines) => {
    expect(doubtOf(lines)).toBeUndefined()
  })

  test('by Exchange Online, which leaves its name out, where the operator says so', () => {
    const field =
      'Authentication-Results: spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=corp.example; dkim=none (not signed) header.d=none;dmarc=pass action=none header.from=corp.example;compauth=pass reason=100'
    expect(doubtOf([field, boss], ['none'])).toBeUndefined()
    expect(doubtOf([field, boss])).toBe('no trusted server has written Authentication-Results')
  })
})

describe('a sender is not believed', () => {
  test.each([
    ['without a word of the server', [boss], 'no trusted server'],
    ['by a failure', [fail, boss], 'does not say dmarc=pass'],
    ['by a pass below the failure', [fail, pass, boss], 'does not say dmarc=pass'],
    ['by a pass of a server that is not trusted', [pass.replace('mx.', 'mx.evil.'), boss], 'no trusted server'],
    ['by a pass for another domain', [pass.replace('from=corp', 'from=evil'), boss], 'about another domain'],
    ['by a pass for a domain below it', [pass.replace('from=corp', 'from=mail.corp'), boss], 'about another domain'],
    [
      'by a pass in a comment',
      ['Authentication-Results: mx.corp.example (; dmarc=pass header.from=corp.example); dmarc=fail', boss],
      'does not say',
    ],
    [
      'by a pass in a quoted reason',
      ['Authentication-Results: mx.corp.example; dmarc=fail reason="; dmarc=pass header.from=corp.example"', boss],
      'does not say',
    ],
    [
      'by a pass in the name of a property',
      ['Authentication-Results: mx.corp.example; spf=fail smtp.mailfrom=dmarc=pass header.from=corp.example', boss],
      'does not say',
    ],
    [
      'by two results of the same kind',
      ['Authentication-Results: mx.corp.example; dmarc=pass header.from=corp.example; dmarc=fail', boss],
      'does not say',
    ],
    ['by a pass that speaks of two domains', [`${pass} header.from=evil.example`, boss], 'does not say'],
    ['by a pass that speaks of none', ['Authentication-Results: mx.corp.example; dmarc=pass', boss], 'does not say'],
    ['by a guess', [pass.replace('=pass', '=bestguesspass'), boss], 'does not say'],
    ['by spf alone', [pass.replace('dmarc=pass', 'spf=pass'), boss], 'does not say'],
    ['by ARC alone', [`ARC-${pass.replace(': ', ': i=1; ')}`, boss], 'no trusted server'],
    ['by a field with an open comment', [pass.replace('; ', ' (; '), boss], 'cannot be read'],
    ['by a pass below a field that was spoilt', [fail.replace('=evil', '=(evil'), pass, boss], 'cannot be read'],
    [
      'by a field with an open quote',
      ['Authentication-Results: mx.corp.example; spf=none reason="x; dmarc=pass header.from=corp.example', boss],
      'cannot be read',
    ],
    ['by a version nobody knows', [pass.replace('; ', ' 2; '), boss], 'cannot be read'],
    ['by no results', ['Authentication-Results: mx.corp.example; none', boss], 'does not say'],
    ['with two From addresses', [pass, 'From: boss@corp.example, x@evil.example'], 'not exactly one From'],
    [
      'with two From addresses, the other way round',
      [pass, 'From: x@evil.example, boss@corp.example'],
      'not exactly one From',
    ],
    ['with two From fields', [pass, boss, 'From: x@evil.example'], 'not exactly one From'],
    ['with a group for an author', [pass, 'From: us: boss@corp.example;'], 'not exactly one From'],
    ['without an author', [pass, 'From: boss'], 'not exactly one From'],
    [
      'with the author in the display name alone',
      [pass, 'From: "boss@corp.example" <x@evil.example>'],
      'about another domain',
    ],
    ['with the author in a comment', [pass, 'From: x@evil.example (boss@corp.example)'], 'about another domain'],
    ['by a domain that looks like it', [pass, 'From: boss@cоrp.example'], 'about another domain'],
  ])('%s', (_how, lines, why) => {
    expect(doubtOf(lines)).toContain(why)
  })
})

test('whatever stands in a field below the top-most, the top-most decides', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: fc.constantFrom(...'();="\\. dmarc=pass') }), (any, near) => {
      for (const more of [any, near, `${near}; dmarc=pass header.from=corp.example`]) {
        const forged = `Authentication-Results: mx.corp.example; ${more.replace(/[\r\n]/g, '')}`
        expect(doubtOf([fail, forged, boss])).toContain('does not say dmarc=pass')
        expect(doubtOf([pass, forged, boss])).toBeUndefined()
      }
    }),
    { numRuns: 300 },
  )
})
