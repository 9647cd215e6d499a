/** A name of RFC 9110 section 5.1, and a value that may be percent-encoded, as in the variable of OpenTelemetry. */
const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(.+)$/
const VALUE = /^[ -~]+$/

/** `name=value,name=value` as headers, names in lower case. undefined: it is not that, or a name stands there twice. */
export function parseOtlpHeaders(text: string): Readonly<Record<string, string>> | undefined {
  const headers: Record<string, string> = {}
  for (const line of text.split(',')) {
    const [, given = '', encoded = ''] = LINE.exec(line.trim()) ?? []
    const [name, value] = [given.toLowerCase(), decode(encoded)]
    if (!VALUE.test(value) || Object.hasOwn(headers, name)) return undefined
    headers[name] = value
  }
  return headers
}

/** '' where it cannot be decoded. */
function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return '' // a percent sign that begins nothing
  }
}
