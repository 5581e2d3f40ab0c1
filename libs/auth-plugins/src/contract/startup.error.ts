/** A setting that cannot stand: the start stops and says which, in one sentence without secrets. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
