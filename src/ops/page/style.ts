/** How the page looks, in the light and in the dark, on a desk and in a hand. */
export const STYLE = `
:root { color-scheme: light dark;
  --paper: light-dark(#f6f5f2, #15171b); --card: light-dark(#fff, #1e2127); --ink: light-dark(#1f2328, #e8e6e1);
  --faint: light-dark(#5d636e, #a2a8b4); --line: light-dark(#e1ded7, #33373f); --accent: light-dark(#0b5c8a, #7cc4ec); --on-accent: light-dark(#fff, #10222e);
  --good: light-dark(#1a6b34, #7fd197); --good-bg: light-dark(#e2f3e6, #1c3424); --wait: light-dark(#7a4d00, #f0bf6a); --wait-bg: light-dark(#fdf0d5, #3a2d14);
  --bad: light-dark(#a61b1b, #ff9a94); --bad-bg: light-dark(#fde6e4, #421e1e); --calm: light-dark(#4b5563, #b6bcc8); --calm-bg: light-dark(#ecebe7, #2b2f37);
  --c-delivered: light-dark(#3d9a5b, #5fb57b); --c-bounced: light-dark(#d9922b, #e0a548); --c-discarded: light-dark(#9aa1ad, #717884); --c-held: light-dark(#c63d3d, #ea6f69); --c-open: light-dark(#3f83b5, #66aede) }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere }
main, footer, .bar > div { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem }
main { padding-top: 1.5rem; padding-bottom: 1rem }
a { color: var(--accent) } a:hover { text-decoration-thickness: 2px }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) } .about { color: var(--faint); font-size: .9rem; margin-bottom: .5rem }
.skip { position: absolute; left: -100rem } .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 1 }
h1 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .5rem; unicode-bidi: isolate }
h2 { font-size: 1.05rem; margin: 0 0 .25rem } h3 { font-size: .95rem; margin: 1.25rem 0 .4rem }
p { margin: .25rem 0 .75rem } .quiet { color: var(--faint) } small, .small { font-size: .85rem }
code { font: .85em ui-monospace, SFMono-Regular, Consolas, monospace }
.bar { background: var(--card); border-bottom: 1px solid var(--line) }
.bar > div { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; min-height: 3.5rem; padding-top: .5rem; padding-bottom: .5rem }
.brand { font-weight: 700; font-size: 1.1rem; color: var(--ink); text-decoration: none; letter-spacing: -.01em }
nav { display: flex; gap: 1.25rem } nav a { text-decoration: none; padding: .25rem 0; border-bottom: 2px solid transparent } nav a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--accent) }
.find { display: flex; gap: .5rem; margin-left: auto; flex: 0 1 26rem }
input, select, button, .button { font: inherit; color: inherit; min-height: 2.4rem; padding: .3rem .7rem; border-radius: .45rem; border: 1px solid light-dark(#8b8f98, #6b717d); background: var(--card) }
input { min-width: 0; flex: 1 } input::placeholder { color: var(--faint); opacity: 1 } input[type=checkbox] { min-height: 0; flex: none; width: 1.15rem; height: 1.15rem; margin: .2rem .5rem 0 0 }
button, .button { cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; font-weight: 600; color: var(--accent); border-color: var(--accent) }
button.main, .button.main { background: var(--accent); color: var(--on-accent) } button.bad { background: var(--bad); border-color: var(--bad); color: light-dark(#fff, #2a0d0d) }
button.plain { border: 0; background: none; min-height: 0; padding: 0; text-decoration: underline; font-weight: 400 }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; margin: 0 0 1.25rem }
.card > :last-child { margin-bottom: 0 }
.notice { border-radius: .6rem; padding: .7rem 1rem; margin: 0 0 1.25rem; background: var(--good-bg); color: var(--good); font-weight: 600 } .notice.bad { background: var(--bad-bg); color: var(--bad) }
.notice ul { margin: .3rem 0 0; padding-left: 1.2rem; font-weight: 400 } .notice span { font-weight: 400 }
.badge { display: inline-block; white-space: nowrap; font-size: .8rem; font-weight: 600; line-height: 1.3; padding: .15rem .6rem; border-radius: 1rem; background: var(--calm-bg); color: var(--calm) }
.badge.delivered { background: var(--good-bg); color: var(--good) } .badge.held, .badge.uncertain { background: var(--bad-bg); color: var(--bad) }
.badge.bounced, .badge.deferred, .badge.refused, .badge.begun { background: var(--wait-bg); color: var(--wait) }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; margin: 0 0 1.25rem; padding: 0; list-style: none }
.tiles a { display: block; height: 100%; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: .8rem 1.1rem; text-decoration: none; color: var(--ink) } .tiles a:hover { border-color: var(--accent) }
.tiles b { display: block; font-size: 1.9rem; line-height: 1.15; font-variant-numeric: tabular-nums; letter-spacing: -.02em } .tiles .name { font-weight: 600 } .tiles .alarm b { color: var(--bad) }
table { border-collapse: collapse; width: 100% } .scroll th { overflow-wrap: normal; white-space: nowrap } thead th::first-letter { text-transform: uppercase }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; unicode-bidi: isolate } tr:last-child > * { border-bottom: 0 }
th { font-weight: 600 } thead th { color: var(--faint); font-size: .85rem; white-space: nowrap } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td:first-child, th:first-child { padding-left: 0 } td:last-child, th:last-child { padding-right: 0 } td a.count { text-decoration: none; font-weight: 600 }
.scroll { overflow-x: auto } .none { color: var(--faint) }
.charts { display: grid; grid-template-columns: 1fr; gap: 1.25rem } figure { margin: 0 } figcaption { font-size: .9rem; color: var(--faint); margin-bottom: .4rem } figcaption b { display: block; color: var(--ink); font-size: 1rem }
svg { display: block; width: 100%; height: auto } svg text { font: 7.5px system-ui, sans-serif; fill: var(--faint) } .grid { stroke: var(--line); stroke-width: 1 }
.f-delivered { fill: var(--c-delivered) } .f-bounced { fill: var(--c-bounced) } .f-discarded { fill: var(--c-discarded) } .f-held { fill: var(--c-held) } .f-open { fill: var(--c-open) }
.line { stroke: var(--c-open); stroke-width: 2 } .legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; padding: 0; margin: .4rem 0; font-size: .85rem } .legend svg { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; vertical-align: -.05rem }
summary { cursor: pointer; color: var(--accent); font-size: .9rem } details .scroll { max-height: 24rem; overflow: auto; margin-top: .5rem; font-size: .9rem }
.mails { list-style: none; margin: 0; padding: 0 } .mails > li { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr) 9.5rem 10.5rem; gap: .1rem 1rem; align-items: baseline; padding: .65rem 0; border-top: 1px solid var(--line) } .mails > li:first-child { border-top: 0 }
.mails a { font-weight: 600; text-decoration: none } .mails a:hover { text-decoration: underline } .mails bdi { overflow-wrap: anywhere } .mails .more { color: var(--faint); font-size: .9rem } .mails .right { text-align: right; color: var(--faint); font-size: .9rem } .mails .ticket { font-size: .9rem; font-variant-numeric: tabular-nums }
.filter { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: end } .filter label { display: grid; gap: .15rem; font-size: .85rem; color: var(--faint) } .filter label > * { color: var(--ink); font-size: 1rem } .filter .wide { flex: 1 1 18rem } .filter .go { display: flex; gap: .75rem; align-items: center }
.pages { display: flex; justify-content: space-between; gap: 1rem; margin: 1rem 0 }
.verbs { display: flex; flex-wrap: wrap; gap: .6rem; margin: .5rem 0 1.25rem }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .3rem 1rem; margin: .5rem 0 0 } dt { color: var(--faint) } dd { margin: 0; unicode-bidi: isolate }
.files { list-style: none; margin: 0; padding: 0 } .files > li { padding: .7rem 0; border-top: 1px solid var(--line) } .files > li:first-child { border-top: 0 } .files header { display: flex; flex-wrap: wrap; gap: .2rem .75rem; align-items: baseline } .files header b { unicode-bidi: isolate }
.trace { list-style: none; margin: 0; padding: 0 } .trace li { display: grid; grid-template-columns: 5.5rem 1fr; gap: .75rem; padding: .15rem 0 } .trace time { color: var(--faint); font-variant-numeric: tabular-nums; font-size: .9rem } .trace span { unicode-bidi: isolate }
.ask { max-width: 34rem; margin-left: auto; margin-right: auto } .ask label { display: grid; gap: .2rem; margin: .9rem 0; font-weight: 600 } .ask label small { font-weight: 400; color: var(--faint) } .ask input { font-weight: 400 } .ask .check { display: flex; font-weight: 400 } .ask .go { display: flex; gap: 1rem; align-items: center; margin-top: 1.25rem }
footer { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; align-items: center; color: var(--faint); font-size: .85rem; padding-top: 1rem; padding-bottom: 2rem } footer form { margin-left: auto; display: flex; gap: .75rem }
@media (max-width: 46rem) {
  main, footer, .bar > div { padding-left: 1rem; padding-right: 1rem } .find { flex: 1 1 100%; margin: 0 } .tiles { grid-template-columns: 1fr 1fr; gap: .75rem } .card { padding: .9rem 1rem }
  .mails > li { grid-template-columns: minmax(0, 1fr) auto } .mails .what { grid-column: 1 / -1; grid-row: 2 } .mails .right { grid-column: 2; grid-row: 1 } .mails .ticket { grid-column: 1 / -1; grid-row: 3 }
  dl { grid-template-columns: 6.5rem minmax(0, 1fr); gap: .3rem .6rem } .trace li { grid-template-columns: 4.5rem 1fr; gap: .5rem } footer form { margin-left: 0 } svg.chart text { font-size: 17px } .date { display: none }
  .ages th, .ages td { padding: .35rem .1rem; font-size: .85rem } .ages thead th { white-space: normal; vertical-align: bottom; font-size: .75rem } .ages .badge { font-size: .75rem; padding: .15rem .45rem }
  .filter { display: grid; grid-template-columns: 1fr 1fr } .filter .wide, .filter .go { grid-column: 1 / -1 } .filter input, .filter select { width: 100% } }
`
