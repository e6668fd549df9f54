/** Completion for bash, and for zsh by its bashcompinit. */
import type { CompletedCommand } from './tree.ts'

/** Words of ours: letters, digits and dashes, so nothing needs quotes beyond these. */
export function bashCompletion(tree: readonly CompletedCommand[]): string {
  const paths = tree.map(({ path }) => path).filter(path => path !== '')
  const valued = tree.flatMap(({ options }) => options.filter(one => one.valued).map(({ long }) => long))
  return `# Completion of mailclip for bash: source it, or put it where bash-completion looks.
_mailclip() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path= word skip= words= files= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$word" in ${[...new Set(valued)].join('|')}) skip=1; continue;; esac
    case "\${path:+$path }$word" in ${paths.map(path => `'${path}'`).join('|')}) path="\${path:+$path }$word";; esac
  done
  COMPREPLY=()
  case "$path|$prev" in
${valuesOf(tree)}
  esac
  if [[ -n $skip ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    [[ -n $words ]] || COMPREPLY=($(compgen -f -- "$cur"))
    return
  fi
  case "$path" in
${tree.map(wordsOf).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ -z $files || $cur == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"))
}
complete -F _mailclip mailclip
`
}

/** zsh reads the same function: https://zsh.sourceforge.io/Doc/Release/Completion-System.html#Use-of-compinit */
export const zshCompletion = (tree: readonly CompletedCommand[]): string =>
  `#compdef mailclip
autoload -U +X bashcompinit && bashcompinit
${bashCompletion(tree)}`

const valuesOf = (tree: readonly CompletedCommand[]): string =>
  tree
    .flatMap(({ path, options }) =>
      options
        .filter(({ choices }) => choices.length > 0)
        .map(({ long, choices }) => `    '${path}|${long}') words='${choices.join(' ')}';;`),
    )
    .join('\n')

const wordsOf = ({ path, commands, options, choices, takesFiles }: CompletedCommand): string => {
  const words = [...commands.map(({ name }) => name), ...choices, ...options.map(({ long }) => long)]
  return `    '${path}') words='${words.join(' ')}'${takesFiles ? '; files=1' : ''};;`
}
