/** A field name of RFC 9110 section 5.1 and a value that may be percent-encoded, as in OTEL_EXPORTER_OTLP_HEADERS. */
const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(.+)$/
const VALUE = /^[ -~]+$/

/**
 * Parses `name=value,name=value` into headers with names in lower case. Returns undefined if the text is not of this form, or
 * has a name twice.
 */
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

/** Returns '' if the text cannot be decoded. */
function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return '' // a percent sign without two hexadecimal digits behind it
  }
}
