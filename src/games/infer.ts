export type { ValueOf } from './types.ts'
