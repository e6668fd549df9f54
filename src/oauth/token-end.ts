/** When a token ends that says so itself. */
import { decodeJwt } from 'jose/jwt/decode'

/** The `exp` of a JWT (RFC 7519 §4.1.4); undefined where the token is none, or has none. Nothing is verified: it is our own. */
export function endOf(token: string): Date | undefined {
  try {
    const { exp } = decodeJwt(token)
    return exp === undefined ? undefined : new Date(exp * 1000)
  } catch {
    return undefined // an opaque token, which is as good
  }
}
