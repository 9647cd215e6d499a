import type { Config } from './load.ts'

/** Encodes the configuration as text for a process of the same version, which does not check it again. */
export function encodeConfig({ explicit, ...rest }: Config): string {
  return JSON.stringify({ ...rest, explicit: [...explicit] })
}

export function decodeConfig(text: string): Config {
  const { explicit, ...rest } = JSON.parse(text) as Omit<Config, 'explicit'> & { readonly explicit: [] }
  return { ...rest, explicit: new Set(explicit) }
}
