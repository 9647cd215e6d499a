/** What a call takes, and what its answer is. */
export type Method<Args, Result> = { readonly args: Args; readonly result: Result }
