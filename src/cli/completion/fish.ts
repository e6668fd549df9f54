/** Completion for fish, with what each word means. */
import type { CompletedCommand } from './tree.ts'

export function fishCompletion(tree: readonly CompletedCommand[]): string {
  return `# Completion of mailclip for fish: put it into ~/.config/fish/completions/mailclip.fish.
complete -c mailclip -f
${tree.flatMap(linesOf).join('\n')}
`
}

function linesOf(command: CompletedCommand): readonly string[] {
  const { path, commands, options, choices, takesFiles } = command
  const complete = `complete -c mailclip -n ${quoted(conditionOf(command))}`
  return [
    ...commands.map(({ name, description }) => `${complete} -a ${name} -d ${quoted(description)}`),
    ...choices.map(choice => `${complete} -a ${choice}`),
    ...(takesFiles ? [`${complete} -F`] : []),
    ...options.map(({ long, description, valued, choices: values }) => {
      const value = values.length > 0 ? ` -xa ${quoted(values.join(' '))}` : valued ? ' -rF' : ''
      // The options of the program itself stand before every command.
      const when = path === '' ? 'complete -c mailclip' : complete
      return `${when} -l ${long.slice(2)}${value} -d ${quoted(description)}`
    }),
  ]
}

/** Its own words have been written, and none of a command below it. */
function conditionOf({ path, commands }: CompletedCommand): string {
  const below = commands.map(({ name }) => name).join(' ')
  const written = path.split(' ').filter(word => word !== '')
  const seen = written.map(word => `__fish_seen_subcommand_from ${word}`)
  return [...seen, ...(below === '' ? [] : [`not __fish_seen_subcommand_from ${below}`])].join('; and ')
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, sign => `\\${sign}`)}'`
