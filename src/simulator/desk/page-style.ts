/** How the page looks, in the light and in the dark. */
export const STYLE = `
:root { color-scheme: light dark;
  --paper: light-dark(#f6f5f2, #16181c); --card: light-dark(#fff, #1f2228); --ink: light-dark(#22252b, #e7e5e0);
  --faint: light-dark(#656a75, #9aa0ad); --line: light-dark(#e2dfd8, #31353d); --accent: light-dark(#0b5c8a, #7cc4ec);
  --warn: light-dark(#fff4d6, #3a3015); --warn-ink: light-dark(#5d4600, #f1d889) }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem }
header { padding-top: 2rem }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; letter-spacing: -.01em }
.note { background: var(--warn); color: var(--warn-ink); border-radius: .5rem; padding: .5rem .8rem; margin: .75rem 0 }
.sum { color: var(--faint); margin: 0 0 1.5rem }
article:target { border-color: var(--accent) }
article { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; margin: 0 0 1.25rem; padding: 1rem 1.25rem }
h2 { font: 600 1.1rem ui-monospace, monospace; margin: 0 }
article > header { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; padding: 0; margin: 0 }
.title { color: var(--faint); overflow-wrap: anywhere }
.state { margin-left: auto; font-size: .8rem; color: var(--faint); border: 1px solid var(--line); border-radius: 1rem; padding: 0 .6rem }
ul { list-style: none; margin: .5rem 0 0; padding: 0 }
li { display: grid; grid-template-columns: 4rem 1fr; gap: .1rem 1rem; padding: .75rem 0; border-top: 1px solid var(--line) }
.thumb { grid-row: span 3; width: 4rem; height: 4rem; border-radius: .4rem; object-fit: cover; background: var(--paper); border: 1px solid var(--line) }
.kind { display: grid; place-items: center; font: 600 .75rem ui-monospace, monospace; color: var(--faint); overflow: hidden }
a { color: var(--accent); font-weight: 600; overflow-wrap: anywhere }
.facts { color: var(--faint); font-size: .85rem }
code { font: .85em ui-monospace, monospace }
.said { margin: .2rem 0 0; font-size: .9rem; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 7.5em; overflow: auto; border-left: 3px solid var(--line); padding-left: .6rem }
.none { color: var(--faint); margin: .5rem 0 0 }
footer { color: var(--faint); font-size: .85rem; padding-bottom: 2rem }
`
