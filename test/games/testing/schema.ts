import type { StandardSchema } from '../../../src/games/standard-schema.ts'

/** A Standard Schema, as zod and others make them. What `parse` throws is its issue. */
export function schema<Output>(parse: (value: unknown) => Output): StandardSchema<Output> {
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        try {
          return { value: parse(value) }
        } catch (error) {
          return { issues: [{ message: (error as Error).message, path: [{ key: 'amount' }] }] }
        }
      },
    },
  }
}
