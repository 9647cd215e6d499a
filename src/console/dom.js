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
 * @param {string} id
 * @param {() => void} action
 */
export function onClick(id, action) {
  byId(id, HTMLButtonElement).addEventListener('click', action)
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
 * Shows what an action came to, below its form. A text that is there already is left alone, as a new one is read aloud.
 * @param {string} id of an element with role=status
 * @param {'ok' | 'failed' | 'busy'} state
 * @param {string} text
 */
export function showOutcome(id, state, text) {
  const line = byId(id, HTMLElement)
  line.dataset['state'] = state
  if (line.textContent !== text) line.textContent = text
}

/**
 * Shows terms and what holds of them.
 * @param {string} id of a `dl`
 * @param {Readonly<Record<string, string>>} facts
 */
export function showFacts(id, facts) {
  const blocks = Object.entries(facts).map(([term, text]) => {
    return element('div', {}, element('dt', {}, term), element('dd', {}, text))
  })
  byId(id, HTMLDListElement).replaceChildren(...blocks)
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
