/** The arguments of a call, and its result. */
export type Method<Args, Result> = { readonly args: Args; readonly result: Result }
