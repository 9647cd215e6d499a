import { element } from './dom.ts'
import { describe, type Outcome } from './outcome.ts'

export interface Field {
  name: string
  label: string
  type?: 'text' | 'number' | 'checkbox' | 'select' | 'textarea'
  value?: string
  options?: readonly string[]
  min?: number
  pattern?: string
  hint?: string
  isOptional?: boolean
}
/**
 * `Values` are the values of the fields by name: a number for `number`, or null if the field is empty; a boolean for `checkbox`; text
 * for others. `Data` is the result of `run`.
 */
export interface Question<Values, Data> {
  title: string
  text: string
  action: string
  fields?: readonly Field[]
  isDangerous?: boolean
  run: (values: Values) => Promise<Outcome<Data>>
  done: (data: Data, values: Values) => void
}

let lastId = 0

/**
 * Asks for confirmation, and for the values that an action needs. The dialog stays open and shows errors of the server until the
 * action is done or the user cancels, for example by Escape.
 */
export function openDialog<Values, Data>(question: Question<Values, Data>) {
  const { title, text, action, fields = [], isDangerous = false, run, done } = question
  const id = `dialog-${++lastId}`
  const controls = fields.map((field) => makeControl(field, `${id}-${field.name}`))
  const said = element('p', { class: 'outcome', role: 'alert' })
  const cancel = element('button', { type: 'button' }, 'Cancel')
  const go = element('button', { type: 'submit', class: isDangerous ? 'primary danger' : 'primary' }, action)
  const form = element(
    'form',
    {},
    ...controls.map(({ block }) => block),
    said,
    element('div', { class: 'row end' }, cancel, go),
  )
  const attributes = { 'aria-labelledby': `${id}-title`, 'aria-describedby': `${id}-text` }
  const heading = element('h2', { id: `${id}-title` }, title)
  const dialog = element('dialog', attributes, heading, element('p', { id: `${id}-text` }, text), form)

  cancel.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => dialog.remove())
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const values = Object.fromEntries(controls.map(({ name, read }) => [name, read()])) as Values
    void (async () => {
      go.disabled = true
      said.dataset['state'] = 'busy'
      said.textContent = 'Asking the server…'
      const outcome = await run(values)
      go.disabled = false
      said.dataset['state'] = 'failed'
      said.textContent = describe(outcome, '')
      if (!outcome.success) return
      dialog.close()
      done(outcome.data, values)
    })()
  })
  document.body.append(dialog)
  dialog.showModal()
  // A dangerous action must not be one key press away, so its button does not have the focus.
  if (fields.length === 0 && isDangerous) cancel.focus()
}

function makeControl(
  { name, label, type = 'text', value = '', options = [], min, pattern, hint, isOptional }: Field,
  id: string,
) {
  const caption = element('label', { for: id }, label)
  const note = hint === undefined ? [] : [element('p', { class: 'hint', id: `${id}-hint` }, hint)]
  const attributes: Record<string, string> = { id, name, autocomplete: 'off', spellcheck: 'false' }
  if (hint !== undefined) attributes['aria-describedby'] = `${id}-hint`
  if (!isOptional && type !== 'checkbox') attributes['required'] = ''
  if (type === 'select') {
    const control = element('select', attributes, ...options.map((text) => element('option', { value: text }, text)))
    if (value !== '') control.value = value
    return { name, block: element('div', {}, caption, control, ...note), read: () => control.value }
  }
  if (type === 'textarea') {
    const control = element('textarea', { ...attributes, rows: '4' }, value)
    return { name, block: element('div', {}, caption, control, ...note), read: () => control.value }
  }
  if (min !== undefined) attributes['min'] = String(min)
  if (pattern !== undefined) attributes['pattern'] = pattern
  if (type === 'number') attributes['step'] = '1'
  const control = element('input', { ...attributes, type, value })
  if (type === 'checkbox') {
    control.checked = value === 'true'
    const check = element('label', { class: 'check' }, control, label)
    return { name, block: element('div', {}, check, ...note), read: () => control.checked }
  }
  const block = element('div', {}, caption, control, ...note)
  if (type !== 'number') return { name, block, read: () => control.value.trim() }
  return { name, block, read: () => (control.value === '' ? null : control.valueAsNumber) }
}
