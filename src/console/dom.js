/**
 * The element with this id, as the given class. A page without it is a defect, so this throws.
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with id ${id}`)
  return found
}

/**
 * A new element. Children that are strings become text nodes: nothing from the server is ever read as HTML.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/**
 * Runs `action` when the form is sent, by its button or by Enter. The browser itself never sends it anywhere.
 * @param {string} formId
 * @param {(submitter: HTMLElement | null) => void | Promise<void>} action
 */
export function onSubmit(formId, action) {
  byId(formId, HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    void action(event.submitter)
  })
}

/**
 * Shows what an action came to, below its form.
 * @param {string} id of an element with role=status
 * @param {'ok' | 'failed' | 'busy'} state
 * @param {string} text
 */
export function showOutcome(id, state, text) {
  const line = byId(id, HTMLElement)
  line.dataset['state'] = state
  line.textContent = text
}

/**
 * Fills a select anew and keeps what was chosen, where it is still there.
 * @param {HTMLSelectElement} select
 * @param {ReadonlyArray<{ value: string, text: string }>} options
 */
export function fillSelect(select, options) {
  const chosen = select.value
  select.replaceChildren(...options.map(({ value, text }) => element('option', { value }, text)))
  if (options.some(({ value }) => value === chosen)) select.value = chosen
}
