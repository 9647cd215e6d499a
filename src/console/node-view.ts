import { LOG_LEVELS, LOG_PARTS } from '../protocol/log-levels.ts'
import type { Admin } from './admin.ts'
import { wallMs } from './clock.ts'
import { openDialog } from './dialog.ts'
import { byId, onClick, showOutcome } from './dom.ts'
import { callApi } from './http.ts'
import { describe, type Outcome } from './outcome.ts'
import { processesOf, type Process } from './processes.ts'
import type { Config, LogLevelSet, ReadyPart, Reloaded, Setting } from './rest.ts'
import { Table } from './table.ts'
import { bytesText, durationText, msText, percentText } from './units.ts'
import { View } from './view.ts'
import type { Vitals } from './vitals.ts'

const REFRESH_MS = 3_000
const MINUTE_MS = 60_000

/** Shows this node: its readiness, its processes, its settings, and actions. */
export class NodeView extends View {
  readonly #admin: Admin
  #settings: readonly Setting[] = []
  readonly #filter = byId('settings-filter', HTMLInputElement)
  readonly #parts = new Table('Readiness', {
    id: 'ready-table',
    keyOf: ({ part }: ReadyPart) => part,
    columns: [
      { title: 'Part', text: ({ part }) => part, isHeading: true },
      { title: 'State', text: ({ ok }) => (ok ? 'ok' : 'not ok') },
      { title: 'What it says', text: ({ reason }) => reason ?? '', isLong: true },
    ],
    empty: 'Not known.',
  })
  readonly #processes = new Table('Processes', {
    id: 'processes-table',
    keyOf: ({ name }: Process) => name,
    columns: [
      { title: 'Process', text: ({ name }) => name, isHeading: true, isMono: true },
      { title: 'CPU', text: ({ cpu }) => (cpu === null ? '—' : percentText(cpu)), isNumber: true },
      { title: 'Resident', text: ({ rss }) => bytesText(rss), isNumber: true },
      { title: 'Heap', text: ({ heap }) => bytesText(heap), isNumber: true },
      { title: 'Loop delay', text: ({ delayMs }) => msText(delayMs), isNumber: true },
      { title: 'Up for', text: ({ startedMs }) => durationText(wallMs() - startedMs), isNumber: true },
    ],
    empty: 'Not known.',
  })
  readonly #config = new Table('Settings in force', {
    id: 'settings-table',
    keyOf: ({ name }: Setting) => name,
    columns: [
      { title: 'Setting', text: ({ name }) => name, isHeading: true, isMono: true },
      {
        title: 'Value',
        text: ({ value }) => (typeof value === 'string' ? value : JSON.stringify(value)),
        isMono: true,
        isLong: true,
      },
      { title: 'From', text: ({ source }) => source },
    ],
    empty: 'None in sight.',
  })

  constructor(admin: Admin, vitals: Vitals) {
    super(REFRESH_MS)
    this.#admin = admin
    byId('ready-list', HTMLElement).append(this.#parts.element)
    byId('processes-list', HTMLElement).append(this.#processes.element)
    byId('settings-list', HTMLElement).append(this.#config.element)
    vitals.listen((look) => this.#processes.show(look === null ? [] : processesOf(look)))
    this.#filter.addEventListener('input', () => this.#showSettings())
    onClick('reload', () => this.#reload())
    onClick('log-level', () => this.#logLevel())
    admin.onToken(() => this.refresh())
  }

  protected override async read(isCurrent: () => boolean): Promise<Outcome | null> {
    const [ready, config] = await Promise.all([
      callApi<{ parts: readonly ReadyPart[] }>('/ready'),
      this.#admin.read<Config>('/api/v1/config'),
    ])
    if (!isCurrent()) return ready
    showOutcome('ready-status', 'failed', describe(ready, ''))
    this.#parts.show(ready.success ? ready.data.parts : [])
    showOutcome('settings-status', 'failed', describe(config, ''))
    this.#settings = config.success ? config.data.settings : []
    this.#showSettings()
    return config.success ? ready : config
  }

  #showSettings() {
    const needle = this.#filter.value.trim().toLowerCase()
    this.#config.show(this.#settings.filter(({ name, source }) => `${name} ${source}`.toLowerCase().includes(needle)))
  }

  #reload() {
    openDialog({
      title: 'Reload this node?',
      text:
        'The configuration is read again, and hosts and workers are replaced one by one. Each worker drains, and its clients move to ' +
        'another worker and resume. Only the node that answers is reloaded.',
      action: 'Reload',
      isDangerous: true,
      run: () => this.#admin.change<Reloaded>('POST', '/api/v1/reload', {}),
      done: ({ changed, at_next_start: later }) => {
        const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))
        const text = `Workers are being replaced. Settings changed: ${list(changed)}; at the next start: ${list(later)}.`
        showOutcome('node-outcome', 'ok', text)
      },
    })
  }

  #logLevel() {
    openDialog({
      title: 'Change a log level for a while',
      text: 'This applies to all processes of this node. When the time is over, the configured level applies again.',
      action: 'Set the level',
      fields: [
        { name: 'part', label: 'Part', type: 'select', options: LOG_PARTS },
        { name: 'level', label: 'Level', type: 'select', options: LOG_LEVELS, value: 'debug' },
        { name: 'minutes', label: 'For, in minutes', type: 'number', min: 1, value: '10' },
      ],
      run: ({ part, level, minutes }: { part: string; level: string; minutes: number }) =>
        this.#admin.change<LogLevelSet>('PUT', '/api/v1/log-level', {
          part,
          level,
          for_ms: minutes * MINUTE_MS,
        }),
      done: ({ part, level, until }) => {
        showOutcome('node-outcome', 'ok', `${part} logs at ${level} until ${new Date(until).toLocaleTimeString()}.`)
      },
    })
  }
}
