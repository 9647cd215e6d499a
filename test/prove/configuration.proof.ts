/**
 * PROOFS P19, `npm run prove -- configuration`: every configuration that will not do ends the process with its exit code within END_MS_MAX=2000,
 * one line for each mistake, all mistakes at once, and the port never opens. The cases are those of test/bad-input/.
 */
process.env['END_MS_MAX'] ??= '2000'
await import('../bad-input/g-configuration.long.ts')
