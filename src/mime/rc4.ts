/** RC4, which OpenSSL 3 offers no longer: old PDFs and Office files check their passwords by it. */

/** The bytes encrypted, or decrypted, which is the same. */
export function rc4(key: Buffer, bytes: Buffer): Buffer {
  const box = Uint8Array.from({ length: 256 }, (_, n) => n)
  const swap = (a: number, b: number): void => {
    const one = box[a] as number
    box[a] = box[b] as number
    box[b] = one
  }
  for (let n = 0, other = 0; n < 256; n++) {
    other = (other + (box[n] as number) + (key[n % key.length] as number)) & 0xff
    swap(n, other)
  }
  let [at, other] = [0, 0]
  return Buffer.from(
    bytes.map(byte => {
      at = (at + 1) & 0xff
      other = (other + (box[at] as number)) & 0xff
      swap(at, other)
      return byte ^ (box[((box[at] as number) + (box[other] as number)) & 0xff] as number)
    }),
  )
}
