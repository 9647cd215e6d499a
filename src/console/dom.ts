/** Returns the element with this id. Throws if the page has no element of this class with this id, because that is a defect. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with id ${id}`)
  return found
}

/** Creates an element. Children that are strings become text nodes, so text from the server is never parsed as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Array<Node | string>
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

export function onClick(id: string, action: () => void) {
  byId(id, HTMLButtonElement).addEventListener('click', action)
}

/** Runs `action` when the form is submitted, by its button or by Enter. The browser does not send the form. */
export function onSubmit(formId: string, action: (submitter: HTMLElement | null) => void | Promise<void>) {
  byId(formId, HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    void action(event.submitter)
  })
}

/**
 * Shows the outcome of an action below its form. If the text is the same as before, it is not set again, because screen readers read
 * each new text aloud.
 * @param id the id of an element with role=status
 */
export function showOutcome(id: string, state: 'ok' | 'failed' | 'busy', text: string) {
  const line = byId(id, HTMLElement)
  line.dataset['state'] = state
  if (line.textContent !== text) line.textContent = text
}

/**
 * Shows terms with their values. The elements of existing terms are reused.
 * @param id the id of a `dl`
 */
export function showFacts(id: string, facts: Readonly<Record<string, string>>) {
  const list = byId(id, HTMLDListElement)
  const shown = Array.from(list.querySelectorAll('dt'), ({ textContent }) => textContent)
  if (shown.join('\n') === Object.keys(facts).join('\n')) {
    for (const [i, text] of Object.values(facts).entries()) {
      const place = list.children[i]?.querySelector('dd')
      if (place && place.textContent !== text) place.textContent = text
    }
    return
  }
  const blocks = Object.entries(facts).map(([term, text]) => {
    return element('div', {}, element('dt', {}, term), element('dd', {}, text))
  })
  list.replaceChildren(...blocks)
}

/** Replaces the options of a select. The selected option stays selected if it still exists. */
export function fillSelect(select: HTMLSelectElement, options: ReadonlyArray<{ value: string; text: string }>) {
  const chosen = select.value
  select.replaceChildren(...options.map(({ value, text }) => element('option', { value }, text)))
  if (options.some(({ value }) => value === chosen)) select.value = chosen
}
