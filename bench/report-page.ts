import { plotBars } from './plot.ts'
import { cellsOf, goalCells, notes, type Report } from './report.ts'

const STYLE = `
:root { color-scheme: light dark; --line: #8884; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: right; vertical-align: top; }
td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 0; background: #fff; border-radius: 8px; }
figure svg { display: block; max-width: 100%; height: auto; }
.plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
small { color: #777; } section { border-top: 1px solid var(--line); margin-top: 2rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; } nav a { white-space: nowrap; } .no { color: #c33; font-weight: 600; } .yes { color: #2a7; }
`

/** One HTML file that can be opened anywhere, with tables, plots and notes on how to read them. */
export function renderPage(reports: readonly Report[]): string {
  const links = reports.map(({ name }) => `<a href="#${name}">${escape(name)}</a>`).join('')
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Drumbeat bench</title>
<style>${STYLE}</style></head>
<body><h1>Drumbeat bench</h1><nav>${links}</nav>
${reports.map(section).join('\n')}
</body></html>
`
}

function section(report: Report): string {
  const { name, title, what, lines, goals, columns } = report
  const wanted = goals.map(goalCells).map((cells) => [...cells.slice(0, -1), cells.at(-1) === 'yes' ? 'yes' : 'no'])
  return `<section id="${name}"><h2>${escape(title)}</h2><p>${escape(what)} Medians (min–max).</p>
${table(
  ['server', ...columns.map(({ heading }) => heading)],
  lines.map((line) => cellsOf(line, columns)),
)}
${wanted.length === 0 ? '' : table(['against', 'wanted', 'measured', ''], wanted)}
<div class="plots">${plots(report)}</div>
<small><ul>${notes(report)
    .map((note) => `<li>${escape(note.replaceAll('**', ''))}</li>`)
    .join('')}</ul></small></section>`
}

/** A plot for each figure that is worth one. Figures with the same unit share a plot. */
function plots({ lines, columns }: Report): string {
  const ran = lines.filter(({ runs }) => runs > 0)
  const shown = columns.filter(({ key }) => PLOTTED.has(key))
  return shown
    .map(({ key, heading, unit = 1, digits }) => {
      const svg = plotBars({
        title: heading,
        categories: ran.map((line) => line.title),
        yAxis: '',
        series: [
          { name: heading, values: ran.map(({ figures }) => round((figures[key]?.median ?? 0) / unit, digits)) },
        ],
      })
      return `<figure>${svg}</figure>`
    })
    .join('\n')
}

const PLOTTED: ReadonlySet<string> = new Set(['perSecond', 'microsEach', 'p99Ms', 'rssBytes', 'rssGrownBytes'])

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** The form in which `cellsOf` adds the spread to a median. */
const SPREAD = / \(([\d.]+–[\d.]+)\)$/

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: string): string => {
    const inner = cells.map((cell) => {
      const isVerdict = cell === 'yes' || cell === 'no'
      // The spread goes below its median, because otherwise a table would be wider than the page.
      const text = escape(cell).replace(SPREAD, '<br><small>$1</small>')
      return `<${tag}${isVerdict ? ` class="${cell}"` : ''}>${text}</${tag}>`
    })
    return `<tr>${inner.join('')}</tr>`
  }
  return `<table>${row(headings, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
