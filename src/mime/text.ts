/** Which text parts are the body, and the body they make. */
import libmime from 'libmime'
import { withoutArmor } from './clear-signed.ts'
import { type LayoutTime, layoutTime, textOfHtml, withoutTags } from './html.ts'
import type { Branch } from './leaves.ts'
import { isStub } from './stub.ts'
import { isVisible } from './visible.ts'

export type TextLeaf = {
  readonly part: string
  /** `text/plain` when undeclared. */
  readonly type: string
  readonly text: string
  readonly flowed: boolean
  readonly delSp: boolean
  readonly parent: Branch | undefined
}

export type Body = {
  readonly whole: string
  /** Section numbers of the parts it was made of; all other text leaves are alternatives. */
  readonly shown: ReadonlySet<string>
  readonly remarks: readonly string[]
}

/**
 * Of every multipart/alternative the plain text is taken, or the HTML when nothing of the plain
 * text is seen or it is a stub; text parts that stand one after the other are joined by an empty
 * line. The armor of text signed in clear is taken off.
 */
export async function bodyOf(leaves: readonly TextLeaf[]): Promise<Body> {
  const shown = new Set<string>()
  const remarks: string[] = []
  const pieces: string[] = []
  const time = layoutTime()
  for (const group of Map.groupBy(leaves, choiceOf).values()) {
    const { text, from, remark } = await best(group, time)
    for (const { part } of from) shown.add(part)
    if (isVisible(text)) pieces.push(withoutArmor(text))
    if (remark !== undefined) remarks.push(remark)
  }
  return { whole: pieces.join('\n\n'), shown, remarks }
}

/** Leaves that render the same text share their outermost multipart/alternative. */
function choiceOf(leaf: TextLeaf): unknown {
  let choice: unknown = leaf
  for (let at = leaf.parent; at !== undefined; at = at.parent) if (at.subtype === 'alternative') choice = at
  return choice
}

type Rendering = { readonly text: string; readonly from: readonly TextLeaf[]; readonly remark: string | undefined }

async function best(group: readonly TextLeaf[], time: LayoutTime): Promise<Rendering> {
  const plain = group.filter(({ type }) => type === 'text/plain')
  const html = group.filter(({ type }) => type === 'text/html')
  const other = group.filter(leaf => !plain.includes(leaf) && !html.includes(leaf))
  const asPlain = { text: plain.map(plainText).join('\n\n'), from: plain, remark: undefined }
  const isSeen = isVisible(asPlain.text)
  if (html.length === 0 && (isSeen || other.length === 0)) return asPlain
  if (html.length === 0)
    return { text: other.map(({ text }) => withoutTags(text)).join('\n\n'), from: other, remark: undefined }
  if (isSeen && !isStub(asPlain.text, () => html.map(({ text }) => withoutTags(text)).join('\n'))) return asPlain
  const asHtml = await rendered(html, time)
  return isVisible(asHtml.text) || plain.length === 0 ? asHtml : asPlain
}

const plainText = ({ text, flowed, delSp }: TextLeaf): string => {
  const lines = text.replace(/\r\n?/g, '\n')
  return flowed ? libmime.decodeFlowed(lines, delSp) : lines
}

async function rendered(html: readonly TextLeaf[], time: LayoutTime): Promise<Rendering> {
  const texts: string[] = []
  let remark: string | undefined
  for (const leaf of html) {
    const one = await textOfHtml(leaf.text, time)
    texts.push(one.text)
    remark ??= one.remark
  }
  return { text: texts.filter(text => text !== '').join('\n\n'), from: html, remark }
}
