"""The style sheet, light and dark, for 400 pixels and for 1200; served as /static/style.css.

Colours are variables; a level of the tree is a class (`d0`, `d1`, ...), since no element has a style attribute.
"""

from __future__ import annotations

from .tree import DEEPEST

__all__ = ["STYLE"]

_LEVELS = "\n".join(
    f".d{depth} > a {{ padding-left: min({depth} * var(--step), 60%); }}" for depth in range(1, DEEPEST + 1)
)

STYLE = (
    """
:root {
  color-scheme: light dark;
  --paper: #fff; --raised: #f5f6f8; --line: #dcdfe4; --ink: #1b1f26; --dim: #5d6673; --link: #1a56b8;
  --edge: #7d8592; --bad: #b3261e; --bad-paper: #fdeceb; --good: #1c7a4d; --wait: #8a5a00; --chosen: #e3edfc;
  --llm: #3a76d6; --chain: #7a8391; --tool: #b8720f; --retriever: #27885c; --prompt: #9a62c9; --parser: #3b8796;
  --embedding: #b2588d; --other: #828282; --asked: #8a5200; --step: 1.1rem;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --raised: #1d2127; --line: #343a44; --ink: #e4e7ec; --dim: #9aa4b2; --link: #86b4ff;
    --edge: #767f8f; --bad: #ff8a80; --bad-paper: #3a1d1c; --good: #6fd3a3; --wait: #e6b450; --chosen: #22314a;
    --llm: #5b90e6; --chain: #8a94a3; --retriever: #34a06f; --tool: #d08a28; --embedding: #c878a7; --asked: #e6b450;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
body { margin: 0; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: auto; z-index: 2; padding: .2rem .5rem; background: var(--paper); }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
[hidden] { display: none !important; }
.top { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: .6rem 1.2rem; background: var(--raised);
  border-bottom: 1px solid var(--line); }
.top nav { display: flex; gap: 1rem; }
.brand { font-weight: 650; color: var(--ink); } .top a { padding: .1rem 0; } .crumbs a { display: inline-block; padding: .2rem 0; }
.top [aria-current] { font-weight: 600; color: var(--ink); }
.crumbs { display: flex; flex-wrap: wrap; gap: 0 .3rem; margin: 0; padding: .4rem 1.2rem 0; list-style: none; font-size: .87rem; }
.crumbs li { min-width: 0; overflow-wrap: anywhere; }
.crumbs li + li::before { content: "/"; margin-right: .3rem; color: var(--dim); }
main { padding: .4rem 1.2rem 2rem; max-width: 110rem; }
footer { padding: .6rem 1.2rem 1.5rem; font-size: .87rem; border-top: 1px solid var(--line); }
h1 { font-size: 1.35rem; margin: .5rem 0 .8rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.3rem 0 .4rem; }
h3 { font-size: .87rem; margin: .2rem 0 .4rem; color: var(--dim); overflow-wrap: anywhere; }
.dim, small { color: var(--dim); }
.none { color: var(--dim); font-style: italic; margin: .2rem 0; }
.bad { color: var(--bad); }
.message { padding: .6rem .9rem; border: 1px solid var(--line); border-radius: 6px; background: var(--raised); overflow-wrap: anywhere; }
.notice { border-color: var(--wait); margin: .4rem 0; } .notice p, .notice ul { margin: .1rem 0; }
#coming:empty::before { content: "waiting …"; color: var(--dim); font-style: italic; }
.message.error { border-color: var(--bad); background: var(--bad-paper); color: var(--bad); }

table.list { border-collapse: collapse; width: 100%; }
.list th, .list td { padding: .42rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
.list th { font-size: .8rem; font-weight: 600; color: var(--dim); white-space: nowrap; }
.list td { overflow-wrap: anywhere; }
.list .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.list time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.list tbody tr:hover { background: var(--raised); }
.list tr.error td { background: var(--bad-paper); }
.narrow { display: none; } .list td small { margin-right: .5rem; white-space: nowrap; }
.said { font-size: .87rem; color: var(--dim); max-width: 70rem; overflow: hidden; display: -webkit-box;
  -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow-wrap: anywhere; }
.said .bad { color: var(--bad); }
.list .choose { width: 1.5rem; padding-right: 0; } .list td > a, .list small > a { display: inline-block; padding: .2rem 0; margin-block: -.2rem; }
[type=checkbox] { width: 1.15rem; height: 1.15rem; margin: .1rem .3rem .1rem 0; vertical-align: -.2rem; }
.facts-table th { width: 6.5rem; }
.chip { display: inline-block; margin: 0 .35rem .15rem 0; padding: 0 .45rem; border: 1px solid var(--line); border-radius: 99px;
  font-size: .78rem; background: var(--paper); overflow-wrap: anywhere; }
summary > .chip { margin-left: .5rem; } .list td > a { margin-right: .5rem; } a.chip { color: var(--ink); padding-block: .15rem; }
.chip.score { border-color: var(--llm); }
.status { font-size: .8rem; font-weight: 600; white-space: nowrap; }
.status::before { content: ""; display: inline-block; width: .55rem; height: .55rem; border-radius: 50%; margin-right: .35rem;
  background: currentColor; }
.status.success { color: var(--good); } .status.error { color: var(--bad); } .status.pending { color: var(--wait); }
.status.error::before { border-radius: 0; transform: rotate(45deg) scale(.85); }
.status.pending::before { background: none; box-shadow: inset 0 0 0 2px currentColor; }
.age { color: var(--wait); font-style: italic; }

.figures, .facts { display: flex; flex-wrap: wrap; gap: .5rem 1.6rem; margin: .4rem 0 .8rem; }
.figures dt, .facts dt { font-size: .78rem; color: var(--dim); }
.figures dd, .facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.figures dd { font-size: 1.15rem; } .facts .quiet { margin-left: .4rem; }
.chart { margin: .4rem 0 1rem; max-width: 44rem; }
.chart svg { display: block; width: 100%; height: auto; }
.chart figcaption { display: flex; justify-content: space-between; gap: .8rem; font-size: .75rem; color: var(--dim); }
.chart .axis { stroke: var(--line); }
.chart .span { fill: var(--llm); opacity: .3; }
.chart .failed { fill: var(--bad); }
.chart polyline { fill: none; stroke: var(--llm); stroke-width: 1.5; }
.chart circle { fill: var(--llm); }
.chart .hover { fill: transparent; }
.chart .hover:hover { fill: var(--ink); opacity: .08; }

input, select, textarea, button, .button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--edge);
  border-radius: 5px; padding: .25rem .5rem; max-width: 100%; line-height: 1.45; }
select { height: calc(1.95em + 2px); }
button, .button { cursor: pointer; background: var(--raised); display: inline-block; border-color: var(--line); }
.quiet { font-size: .8rem; padding: .2rem .5rem; } footer a, .actions a { display: inline-block; padding: .15rem 0; } .actions .button { padding: .25rem .5rem; }
label > span { display: block; font-size: .78rem; color: var(--dim); }
.check span { display: inline; }
.filters, .form { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem .7rem; margin: .6rem 0; }
.filters { padding: .6rem .8rem; background: var(--raised); border-radius: 6px; }
.filters input { width: 9rem; } .filters input[size] { width: 7rem; } .filters .check input { width: 1.15rem; }
.filters .string { width: 24rem; font-family: ui-monospace, monospace; font-size: .85rem; }
.filters details { font-size: .85rem; } .filters details label { margin-top: .4rem; display: block; } .filters code { overflow-wrap: anywhere; } .filters ul { margin: 0; padding-left: 1.2rem; } .filters details p { margin: .5rem 0 0; }
.form .long { flex: 1 1 16rem; } .form textarea { width: 100%; display: block; }
.inline { display: inline; }
.actions, .pager { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; font-size: .87rem; }

.trace { display: grid; grid-template-columns: minmax(22rem, 5fr) minmax(0, 6fr); gap: 1.5rem; align-items: start; }
.tree { border: 1px solid var(--line); border-radius: 6px; overflow: auto; position: sticky; top: .5rem; max-height: calc(100vh - 1rem); }
.close1 { --step: .6rem; } .close2 { --step: .35rem; } .close3 { --step: .16rem; }
.tree p { position: sticky; top: 0; z-index: 1; background: var(--paper); margin: 0; padding: .35rem .6rem; border-bottom: 1px solid var(--line); font-size: .8rem; display: flex; gap: .5rem; }
.tree summary { list-style: none; position: relative; cursor: pointer; }
.tree summary::-webkit-details-marker { display: none; }
.row { --took: 4.4rem; --bars: minmax(5rem, 24%); display: grid; grid-template-columns: minmax(0, 1fr) var(--took) var(--bars); gap: .5rem; align-items: center;
  padding: 0 .6rem 0 1.2rem; height: 1.75rem; font-size: .87rem; }
.row.counted { grid-template-columns: minmax(0, 1fr) 4.9rem var(--took) var(--bars); } .counted .took { grid-column: 3; }
.close1 .row, .close2 .row, .close3 .row { --bars: minmax(4rem, 22%); }
summary .row::before { content: "▸"; position: absolute; left: .35rem; color: var(--dim); font-size: .8rem; }
details[open] > summary > .row::before { content: "▾"; }
.row:hover { background: var(--raised); }
.row[aria-current] { background: var(--chosen); }
.row a { color: inherit; line-height: 1.75rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row.error a, .row.error .took { color: var(--bad); font-weight: 600; }
.row .took { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; color: var(--dim); font-size: .8rem; }
.row small { font-size: .75rem; white-space: nowrap; text-align: right; overflow: hidden; text-overflow: ellipsis; }
.row .level { margin-right: .35rem; font-variant-numeric: tabular-nums; }
.kind { display: inline-block; width: .6rem; height: .6rem; border-radius: 2px; margin-right: .4rem; background: var(--other); }
.bar { display: block; width: 100%; height: 1rem; overflow: visible; }
.bar rect { fill: var(--other); }
.row.error .bar rect { fill: var(--bad); }
.row.pending .bar rect { opacity: .5; }
"""
    + "\n".join(
        f".kind.{kind} {{ background: var(--{kind}); }} .bar rect.{kind} {{ fill: var(--{kind}); stroke: var(--{kind}); }}"
        for kind in ("llm", "chain", "tool", "retriever", "prompt", "parser", "embedding")
    )
    + """
.row.error .bar rect { fill: var(--bad); stroke: var(--bad); }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.conversation .text, .members .text { max-height: 36rem; overflow: auto; }
.text, .said, .comment, .failure, h1 { unicode-bidi: plaintext; text-align: start; }
.row a, .chip, .list td > a, .who, .crumbs a { unicode-bidi: isolate; }
.json .text, .code, .failure .text, .difference { font: .82rem/1.45 ui-monospace, monospace; }
.json .text { background: var(--raised); border-radius: 5px; padding: .4rem .6rem; max-height: 36rem; overflow: auto; }
.failure .text { max-height: 30rem; overflow: auto; }
.failure { border-left: 3px solid var(--bad); background: var(--bad-paper); padding: .5rem .7rem; color: var(--bad); }
.more { display: inline-block; margin: .4rem 0; }
.message.human, .message.ai, .message.system, .message.tool, .message.other { margin: 0 0 .6rem; background: none;
  border-left: 3px solid var(--chain); border-radius: 4px; }
.message.human { border-left-color: var(--retriever); } .message.ai { border-left-color: var(--llm); }
.message.system { border-left-color: var(--prompt); } .message.tool { border-left-color: var(--tool); }
.message > header, .call > header { display: flex; flex-wrap: wrap; gap: .6rem; font-size: .8rem; color: var(--dim); margin-bottom: .25rem; }
.id { font-size: .75rem; overflow-wrap: anywhere; }
.message audio { display: block; max-width: 100%; margin: .3rem 0; }
.message .file { margin: .3rem 0; overflow-wrap: anywhere; } .conversation .json + .json { margin-top: .4rem; }
.message img, .attached img { max-width: min(100%, 30rem); height: auto; display: block; border-radius: 5px; background: #fff; }
.reasoning, .refusal { margin: .3rem 0; color: var(--dim); border-left: 2px solid var(--line); padding-left: .6rem; }
.call { margin: .4rem 0; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: 5px; }
.call > header b { color: var(--asked); font-family: ui-monospace, monospace; }
.members dt { font-size: .8rem; font-weight: 600; color: var(--dim); margin-top: .3rem; } .members dd { margin: .1rem 0 .4rem; }
.raw { border-top: 1px solid var(--line); } .raw[open] { padding-bottom: .35rem; } .raw > summary { padding: .35rem 0; cursor: pointer; font-size: .87rem; overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; } .sides > div { min-width: 0; }
.example { border-top: 1px solid var(--line); padding: .8rem 0; }
.difference { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--raised); border-radius: 5px; padding: .4rem .6rem; }
.difference .added { color: var(--good); } .difference .gone { color: var(--bad); } .difference .place { color: var(--dim); }
.feedback { list-style: none; padding: 0; margin: .3rem 0; } .feedback li { display: flex; flex-wrap: wrap; gap: .5rem; align-items: baseline; padding: .25rem 0; }
.comment { white-space: pre-wrap; overflow-wrap: anywhere; }
.aside { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.5rem; border-top: 1px solid var(--line); margin-top: 1.2rem; }
.playground label { display: block; margin: .6rem 0; } .playground > .form { display: flex; }
.playground textarea { width: 100%; font: .85rem/1.45 ui-monospace, monospace; }
.say { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: .5rem; align-items: start; margin: .4rem 0; }
@media (max-width: 900px) { .trace { grid-template-columns: minmax(0, 1fr); } .tree { position: relative; top: 0; max-height: 60vh; } }
@media (max-width: 640px) {
  :root { --step: .7rem; }
  .top, .crumbs, main, footer { padding-left: .7rem; padding-right: .7rem; }
  .wide { display: none; } .list td small.narrow { display: inline; }
  .list th, .list td { padding: .35rem .3rem; font-size: .87rem; }
  .filters label, .filters .string, .filters input { flex: 1 1 8rem; width: 100%; }
  .filters .check { flex-basis: 100%; } .filters .check input { width: 1.15rem; flex: none; }
  .facts-table time { white-space: normal; } .runs .status, .runs th:nth-child(2) { font-size: 0; } .runs .status::before { width: 9px; height: 9px; margin: 5px 2px; }
  .row, .row.counted { --took: 4.2rem; --bars: minmax(4rem, 22%); grid-template-columns: minmax(0, 1fr) var(--took) var(--bars); }
  .row > small { display: none; } .counted .took { grid-column: 2; }
  .close1 { --step: .45rem; } .close2 { --step: .25rem; }
  .sides, .say { grid-template-columns: minmax(0, 1fr); }
  .chart figcaption span:nth-child(2) { order: -1; flex-basis: 100%; } .chart figcaption { flex-wrap: wrap; }
}
"""
    + _LEVELS
    + "\n"
)
