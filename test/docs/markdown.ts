import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

export const ROOT = path.resolve(import.meta.dirname, '../..')

/** The pages that people read, from the root; not what is generated and not in the repository. */
export function findPages(): readonly string[] {
  const patterns = ['*.md', '.github/**/*.md', 'docs/**/*.md', 'bench/*.md', 'starter/*.md', 'src/**/*.md']
  return globSync(patterns, { cwd: ROOT }).filter((page) => !page.startsWith('docs/reference/client/'))
}

export function readPage(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8')
}

export interface Block {
  readonly language: string
  readonly code: string
}

export function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }))
}

/** Without what stands in code, in which nothing is a link or a heading. */
function prose(markdown: string): string {
  return markdown
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]+`/g, (code) => code.replaceAll(/[[\]()#]/g, ''))
}

/** Where its links and pictures lead; not those to other sites. */
export function linksOf(markdown: string): readonly string[] {
  const links = [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return links.filter((target) => !/^(https?|mailto):/.test(target))
}

/** The anchors that GitHub makes of headings. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const anchor = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    let unique = anchor
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`
    anchors.add(unique)
  }
  return anchors
}
