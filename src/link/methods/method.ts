export type Method<Args, Result> = { readonly args: Args; readonly result: Result }
